import {spawn} from 'node:child_process'
import {once} from 'node:events'

import test, {type ExecutionContext} from 'ava'

import {audit} from '../../src/services/audit.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {OrderRecord} from '../helpers/cli-json/orders.ts'
import {createDatabase} from '../helpers/database.ts'
import {load} from '../helpers/fixtures.ts'
import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../helpers/shop.ts'
import {untilWaiting} from '../helpers/until.ts'

async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db, 'matt')
  const productId = await addProduct(db, {stock: 10})
  const {order} = await placeOrder(db, usdOrder(userId, [{productId, quantity: 3}]))
  return {db, url, productId, id: order.id}
}

test('cancels an order once, and says where its stock went', async (t) => {
  const {db, url, id, productId} = await setUp(t)

  const first = await runShop(['cancel-order', String(id), '--yes'], {env: {DATABASE_URL: url}})
  const second = await runShop(['cancel-order', String(id), '--yes'], {env: {DATABASE_URL: url}})

  const says = 'Cancelled order 1 of matt.\n  Returned 3 of product 1 to stock pool default.\n'
  t.deepEqual(first, {exitCode: 0, stdout: says, stderr: ''})
  t.deepEqual(second, {exitCode: 1, stdout: '', stderr: 'Error: Order 1 is already cancelled. Nothing was changed.\n'})
  t.is(await stockOf(db, productId), 10)
  t.deepEqual((await audit(db)).findings, [])
})

test('--json is the same order as in show-order, or the error code', async (t) => {
  const {url, id} = await setUp(t)

  const first = await runShop(['cancel-order', String(id), '--yes', '--json'], {env: {DATABASE_URL: url}})
  const shown = await runShop(['show-order', String(id), '--json'], {env: {DATABASE_URL: url}})
  const second = await runShop(['cancel-order', String(id), '--yes', '--json'], {env: {DATABASE_URL: url}})

  t.like(JSON.parse(first.stdout), {id, status: 'cancelled', user: 'matt', is_imported: false})
  t.is(first.stdout, shown.stdout)
  t.deepEqual([second.exitCode, JSON.parse(second.stdout).error.code], [1, 'order_cancelled'])
})

test('keeps who cancelled an order and why, in the order and in the movements', async (t) => {
  const {db, url, id} = await setUp(t)
  const env = {DATABASE_URL: url, SHOP_OPERATOR: 'olga'}

  const {stdout} = await runShop(
    ['cancel-order', String(id), '--yes', '--reason', 'changed\u001b their mind', '--json'],
    {env},
  )
  const shown = await runShop(['show-order', String(id)], {env})

  const {cancellation, stock_movements: movements} = OrderRecord.parse(JSON.parse(stdout))
  t.like(cancellation, {operator: 'olga', note: 'changed\u001b their mind'})
  t.deepEqual(
    movements.map(({reason, operator}) => [reason, operator]),
    [
      ['order', null],
      ['cancel', 'olga'],
    ],
  )
  t.regex(shown.stdout, /\n {2}Cancelled 2[\d: -]+ UTC by olga: changed\\u001b their mind\n/)
  t.deepEqual(await db('order_cancellations').select('order_id', 'operator'), [{order_id: id, operator: 'olga'}])
})

test('whoever asks for the cancellation of an order that is being paid is kept until the provider has decided', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  const id = await order('processing_then_failed')
  await pay(id)
  const env = {...paymentEnv(url), SHOP_OPERATOR: 'olga'}
  await db.raw(`update test_provider.payments set settles_at = settles_at + interval '1 hour'`)

  const asked = await runShop(['cancel-order', String(id), '--yes', '--reason', 'fraud', '--json'], {env})
  const waiting = await runShop(['show-order', String(id)], {env})
  const listed = await runShop(['list-orders'], {env})
  const csv = await runShop(['list-orders', '--csv'], {env})
  const json = await runShop(['list-orders', '--json'], {env})
  await db.raw(`update test_provider.payments set settles_at = settles_at - interval '2 hours'`)
  await pay(id, {mayStart: false})
  const {stdout} = await runShop(['show-order', String(id), '--json'], {env})
  const csvAfter = await runShop(['list-orders', '--csv'], {env})

  t.is(JSON.parse(asked.stdout).error.code, 'payment_pending')
  t.regex(waiting.stdout, / placed\.\n {2}Cancellation asked for 2[\d: -]+ UTC by olga: fraud\n/)
  t.regex(listed.stdout, /│ placed │ pending │/)
  t.notRegex(listed.stdout, /Cancelled|olga/)
  t.notRegex(csv.stdout, /olga|fraud/)
  t.like(JSON.parse(json.stdout).results, [{status: 'placed', cancellation: {operator: 'olga', note: 'fraud'}}])
  const {status, stock_movements: movements} = JSON.parse(stdout)
  t.is(status, 'cancelled')
  t.like(movements[1], {reason: 'cancel', operator: 'olga', note: 'fraud'})
  t.regex(csvAfter.stdout, /,olga,fraud,/)
})

test('cancelling an imported order returns no stock, and says so', async (t) => {
  const {db, url} = await createDatabase(t)
  await load(db, {
    users: [{username: 'anna', password: 'secret'}],
    products: [{id: 1, name: 'Rice', price: '2.50', stock: 5}],
    orders: [{id: 3, user: 'anna', created_at: '2024-04-20', lines: [{product: 1, quantity: 2, price: '2.00'}]}],
  })

  const {exitCode, stdout} = await runShop(['cancel-order', '3', '--yes'], {env: {DATABASE_URL: url}})

  t.is(exitCode, 0)
  t.regex(stdout, /^Cancelled order 3 of anna\.\nThe order was imported\. .* none is returned here\.\n$/)
  t.is(await stockOf(db, 1), 5)
  t.deepEqual((await audit(db)).findings, [])
})

test('a command killed while it waits for the order changes nothing', async (t) => {
  const {db, url, id, productId} = await setUp(t)
  const other = await db.transaction()
  await other('orders').where({id}).forUpdate()
  const child = spawn(process.execPath, [bin, 'cancel-order', String(id), '--yes'], {
    env: shopEnvironment({DATABASE_URL: url}),
  })

  await untilWaiting(db)
  child.kill('SIGKILL')
  await once(child, 'close')
  await other.rollback()
  const again = await runShop(['cancel-order', String(id), '--yes'], {env: {DATABASE_URL: url}})

  t.is(again.exitCode, 0)
  t.is(await stockOf(db, productId), 10)
  t.deepEqual((await audit(db)).findings, [])
})

test('without a terminal, cancels nothing without --yes', async (t) => {
  const {db, url, id, productId} = await setUp(t)

  const run = await runShop(['cancel-order', String(id)], {env: {DATABASE_URL: url}, input: 'y\n'})

  t.is(run.exitCode, 2)
  t.regex(run.stderr, /Pass --yes to cancel an order\./)
  t.like(await db('orders').where({id}).first(), {status: 'placed'})
  t.is(await stockOf(db, productId), 7)
})

test('an unknown order is refused; a missing or invalid id is wrong usage', async (t) => {
  const {url} = await createDatabase(t)

  const unknown = await runShop(['cancel-order', '7', '--yes'], {env: {DATABASE_URL: url}})
  const wrong = await runShop(['cancel-order', 'x', '--yes'])
  const none = await runShop(['cancel-order'], {input: '7\n'})

  t.is(unknown.exitCode, 1)
  t.regex(unknown.stderr, /^Error: There is no order 7\./)
  t.is(wrong.exitCode, 2)
  t.regex(wrong.stderr, /"x" is not a valid id/)
  t.is(none.exitCode, 2)
  t.regex(none.stderr, /Pass ID and --yes to cancel an order\./)
})
