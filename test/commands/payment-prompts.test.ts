import test from 'ava'

import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {ctrlC, enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'

const inTerminal = hasTerminal ? test : test.skip

inTerminal('refund asks for the order, and refunds only what was confirmed', async (t) => {
  const {url, order, pay, books} = await createPaidShop(t)
  await pay(await order('ok'))
  const env = paymentEnv(url)

  const refused = openTerminal(t, ['refund'], env)
  await refused.see('Order id')
  refused.type(`x${enter}`)
  await refused.see('Enter a positive whole number.')
  refused.type(`\u007f1${enter}`)
  await refused.see('Refund 20.00 USD of order 1?')
  refused.type(enter)
  await refused.see('Nothing was refunded.')
  const interrupted = openTerminal(t, ['refund'], env)
  await interrupted.see('Order id')
  interrupted.type(`1${enter}`)
  await interrupted.see('Refund 20.00 USD')
  interrupted.type(ctrlC)
  t.deepEqual(await Promise.all([refused.exitCode, interrupted.exitCode]), [0, 130])
  t.is((await books()).refunded, 0)

  const confirmed = openTerminal(t, ['refund', '--amount', '5'], env)
  await confirmed.see('Order id')
  confirmed.type(`1${enter}`)
  await confirmed.see('Refund 5.00 USD of order 1?')
  confirmed.type(`y${enter}`)
  await confirmed.see('Refunded 5.00 USD of order 1.')
  t.is(await confirmed.exitCode, 0)
  t.is((await books()).refunded, 500)
})

inTerminal('an order that is named is refunded without a question, and one that was not paid refused', async (t) => {
  const {url, order, pay, books} = await createPaidShop(t)
  await pay(await order('ok'))
  await pay(await order('insufficient_funds'))
  const env = paymentEnv(url)

  const named = openTerminal(t, ['refund', '1'], env)
  const unpaid = openTerminal(t, ['refund'], env)
  await unpaid.see('Order id')
  unpaid.type(`2${enter}`)

  t.deepEqual(await Promise.all([named.exitCode, unpaid.exitCode]), [0, 1])
  t.notRegex(named.shown(), /\?/)
  t.regex(unpaid.shown(), /The payment of order 2 is declined\./)
  t.notRegex(unpaid.shown(), /Refund 0/)
  t.is((await books()).refunded, 2000)
})

inTerminal('capture asks for the order, and charges only after a yes', async (t) => {
  const {url, order, pay, books} = await createPaidShop(t)
  await pay(await order('ok', {capture: 'manual'}))
  const open = async (answer: string) => {
    const terminal = openTerminal(t, ['capture'], paymentEnv(url))
    await terminal.see('Order id')
    terminal.type(`1${enter}`)
    await terminal.see('Charge 20.00 USD for order 1?')
    terminal.type(`${answer}${enter}`)
    return terminal
  }

  const refused = await open('n')
  await refused.see('Nothing was charged.')
  t.is(await refused.exitCode, 0)
  t.is((await books()).captured, 0)
  const confirmed = await open('y')
  await confirmed.see('Captured 20.00 USD of order 1.')
  t.is(await confirmed.exitCode, 0)
})

inTerminal('add-test-method asks for the user, and Ctrl-C stores nothing', async (t) => {
  const {db, url, anna} = await createPaidShop(t)
  const {username} = await db('users').where({id: anna}).first()
  const env = paymentEnv(url)

  const terminal = openTerminal(t, ['add-test-method', '--outcome', 'declined'], env)
  await terminal.see('User')
  terminal.type(`${username}${enter}`)
  await terminal.see('Stored payment method 1')
  const interrupted = openTerminal(t, ['add-test-method'], env)
  await interrupted.see('User')
  interrupted.type(ctrlC)

  t.deepEqual(await Promise.all([terminal.exitCode, interrupted.exitCode]), [0, 130])
  t.is((await db('payment_methods')).length, 1)
})
