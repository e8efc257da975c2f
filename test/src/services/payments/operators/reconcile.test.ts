import {randomUUID} from 'node:crypto'

import test from 'ava'
import type {Knex} from 'knex'

import {type Gateway, type ProviderPayment, UnknownOutcomeError} from '../../../../../src/gateways/gateway.ts'
import {cancelOrder} from '../../../../../src/services/orders/cancel.ts'
import {advance} from '../../../../../src/services/payments/advance.ts'
import {cancelPaidOrder} from '../../../../../src/services/payments/operations.ts'
import {type Difference, reconcile} from '../../../../../src/services/payments/operators/reconcile.ts'
import {createPaidShop, settings} from '../../../../helpers/payments.ts'

type Shop = Awaited<ReturnType<typeof createPaidShop>>

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

async function differences(
  {db, gateway, signal}: Pick<Shop, 'db' | 'gateway' | 'signal'>,
  {fix = false, since}: {fix?: boolean; since?: string} = {},
): Promise<Difference[]> {
  return collect(reconcile(db, gateway, {settings, signal, fix, since}))
}

function summary({kind, orderId, ours, theirs, isFixed}: Difference): unknown[] {
  return [kind, orderId, ours?.state ?? null, theirs?.state ?? null, ...(isFixed ? ['fixed'] : [])]
}

async function summaries(...asked: Parameters<typeof differences>): Promise<unknown[][]> {
  return (await differences(...asked)).map(summary)
}

/** Lets time pass for the shop and for the provider. */
async function letPass(db: Knex, by: string): Promise<void> {
  const columns = {
    payments: ['next_try_at', 'lease_until', 'created_at', 'submitted_at', 'due_at'],
    refunds: ['next_try_at', 'lease_until', 'created_at'],
    'test_provider.payments': ['created_at', 'settles_at'],
  }
  for (const [table, names] of Object.entries(columns)) {
    await db(table).update(Object.fromEntries(names.map((name) => [name, db.raw(`${name} - ?::interval`, [by])])))
  }
}

test('books that agree have no differences, whatever became of the payments', async (t) => {
  const shop = await createPaidShop(t, {stock: 100})
  const {db, gateway, order, pay, workLater, signal} = shop
  const outcomes = ['ok', 'declined', 'requires_action', 'processing_then_failed', '500_then_captured'] as const
  for (const outcome of outcomes) await pay(await order(outcome))
  await pay(await order('ok', {capture: 'manual'}))
  const cancelled = await order('ok')
  await pay(cancelled)
  await cancelPaidOrder(db, gateway, {id: cancelled}, {settings, signal})
  await db.raw(`update test_provider.payments set settles_at = clock_timestamp() where settles_at is not null`)
  await workLater('30 seconds')

  t.deepEqual(await summaries(shop), [])
  t.deepEqual(await summaries(shop, {since: '2000-01-01T00:00:00Z'}), [])
})

test("yesterday's backup: charges without orders are listed, and none is refunded", async (t) => {
  const shop = await createPaidShop(t)
  const {db, order, pay, books} = shop
  await pay(await order('ok'))
  await pay(await order('ok', {quantity: 1}))
  const lost = await db('payments').where({order_id: 2}).first<{reference: string; provider_id: string}>()
  await forgetOrder(db, 2)
  await db.raw(`alter table orders alter id restart with 2`)
  await db.raw(`alter table payments alter id restart with 2`)

  // An order with the id of the one that was lost is charged on its own.
  await pay(await order('ok', {quantity: 3}))
  t.like(await db('payments').where({id: 2}).first(), {order_id: 2, captured: 3000})

  for (const fix of [false, true]) {
    t.deepEqual(await differences(shop, {fix}), [
      {
        kind: 'only_theirs',
        orderId: null,
        reference: lost.reference,
        providerId: lost.provider_id,
        ours: null,
        theirs: {state: 'captured', currency: 'USD', amount: 1000, captured: 1000, refunded: 0},
        isFixed: false,
      },
    ])
  }
  t.deepEqual(await books(), {captured: 6000, refunded: 0, count: 3})

  await shop.gateway.refund(
    {paymentId: lost.provider_id, money: {amount: 1000, currency: 'USD'}, key: 'at the provider'},
    shop.signal,
  )
  t.deepEqual(await summaries(shop), [])
})

async function forgetOrder(db: Knex, id: number): Promise<void> {
  for (const table of ['payment_attempts', 'stock_movements'])
    await db.raw('alter table ?? disable trigger user', table)
  await db('payment_attempts').where({payment_id: id}).delete()
  await db('payments').where({order_id: id}).delete()
  const [movement] = await db('stock_movements').where({order_id: id}).delete().returning<{delta: number}[]>('delta')
  await db('stock_levels').decrement('on_hand', movement?.delta ?? 0)
  await db('order_lines').where({order_id: id}).delete()
  await db('orders').where({id}).delete()
  for (const table of ['payment_attempts', 'stock_movements']) await db.raw('alter table ?? enable trigger user', table)
}

test('after four days down everything is found, and brought up to date', async (t) => {
  const shop = await createPaidShop(t, {stock: 100})
  const {db, gateway, order, pay, books, signal} = shop
  const crash = new Error('kill -9')
  const dies = async (id: number, pay: Gateway['pay']) =>
    t.throwsAsync(advance(db, {...gateway, pay}, id, {mayStart: true, settings, signal}), {is: crash})
  await order('ok')
  await dies(1, async (...asked) => {
    await gateway.pay(...asked)
    throw crash
  })
  await order('ok')
  await dies(2, async () => Promise.reject(crash))
  await pay(await order('requires_action'))
  await pay(await order('processing_then_captured'))
  await order('ok')
  await pay(await order('ok', {capture: 'manual'}))
  await letPass(db, '4 days')

  t.deepEqual(await summaries(shop), [
    ['differs', 4, 'processing', 'captured'],
    ['differs', 1, 'submitted', 'captured'],
    ['overdue', 2, 'submitted', null],
    ['overdue', 3, 'requires_action', 'requires_action'],
    ['overdue', 5, 'created', null],
  ])
  t.deepEqual(await books(), {captured: 4000, refunded: 0, count: 4})

  t.deepEqual(await summaries(shop, {fix: true}), [
    ['differs', 4, 'processing', 'captured', 'fixed'],
    ['differs', 1, 'submitted', 'captured', 'fixed'],
    ['overdue', 2, 'submitted', null, 'fixed'],
    ['overdue', 3, 'requires_action', 'requires_action', 'fixed'],
    ['overdue', 5, 'created', null, 'fixed'],
  ])
  t.deepEqual(await summaries(shop), [])
  t.deepEqual(await books(), {captured: 4000, refunded: 0, count: 4})
  t.deepEqual(await db('payments').orderBy('id').pluck('state'), [
    ...['captured', 'cancelled', 'cancelled', 'captured', 'cancelled', 'authorized'],
  ])
})

test('a payment that the background work has given up is found, and its charge with it', async (t) => {
  const shop = await createPaidShop(t)
  const {db, gateway, order, workLater, signal} = shop
  await order('ok')
  const losing: Gateway = {
    ...gateway,
    async pay(...asked) {
      await gateway.pay(...asked)
      throw new UnknownOutcomeError('The answer got lost.')
    },
  }
  await advance(db, losing, 1, {mayStart: true, settings, signal})
  await workLater('3 days')
  t.like(await db('payments').first(), {state: 'unknown', next_try_at: null})

  t.deepEqual(await summaries(shop), [['differs', 1, 'unknown', 'captured']])
  t.deepEqual(await summaries(shop, {fix: true}), [['differs', 1, 'unknown', 'captured', 'fixed']])
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'paid'})
})

test('a payment that the provider does not know is only ours, and nothing can fix that', async (t) => {
  const shop = await createPaidShop(t)
  const {db, order, pay} = shop
  await pay(await order('ok'))
  await db('test_provider.events').delete()
  await db('test_provider.payments').delete()

  t.deepEqual(await summaries(shop), [['only_ours', 1, 'captured', null]])
  t.deepEqual(await summaries(shop, {fix: true}), [['only_ours', 1, 'captured', null]])
})

test('a refund that was made at the provider is a difference until the shop has noticed it', async (t) => {
  const shop = await createPaidShop(t)
  const {db, gateway, order, pay, signal} = shop
  const payment = await pay(await order('ok'))
  await gateway.refund(
    {paymentId: payment?.providerId ?? '', money: {amount: 500, currency: 'USD'}, key: 'at the provider'},
    signal,
  )

  const [difference] = await differences(shop)
  t.like(difference, {kind: 'differs', ours: {captured: 2000, refunded: 0}, theirs: {captured: 2000, refunded: 500}})
  t.deepEqual(await summaries(shop, {fix: true}), [['differs', 1, 'captured', 'captured', 'fixed']])
  t.like(await db('payments').first(), {state: 'partially_refunded', refunded: 500})
  t.like(await db('stock_levels').first(), {on_hand: 8})
})

for (const [what, change] of Object.entries({
  amount: {amount: 2001},
  currency: {currency: 'EUR'},
  state: {state: 'cancelled', captured: 0},
  captured: {captured: 1999},
})) {
  test(`another ${what} at the provider is a difference`, async (t) => {
    const shop = await createPaidShop(t)
    await shop.pay(await shop.order('ok'))
    await shop.db('test_provider.payments').update(change)

    t.deepEqual(
      (await differences(shop)).map(({kind}) => kind),
      ['differs'],
    )
  })
}

test('a mismatch is a difference, however old it is, until an operator has ended it', async (t) => {
  const shop = await createPaidShop(t)
  const {db, gateway, order, pay, signal} = shop
  const payment = await pay(await order('wrong_amount'))
  await letPass(db, '100 days')

  t.deepEqual(await summaries(shop, {fix: true}), [['differs', 1, 'mismatch', 'captured']])
  await gateway.refund(
    {paymentId: payment?.providerId ?? '', money: {amount: 2001, currency: 'USD'}, key: 'at the provider'},
    signal,
  )
  await cancelPaidOrder(db, gateway, {id: 1}, {settings, signal})
  t.deepEqual(await summaries(shop, {since: '2000-01-01'}), [])
})

test('money that was kept from a cancelled order is found, and its refund asked for once', async (t) => {
  const shop = await createPaidShop(t)
  const {db, order, pay, workLater, books} = shop
  await pay(await order('ok'))
  // As the version before payments does it.
  await cancelOrder(db, {id: 1})
  await letPass(db, '100 days')

  t.deepEqual(await summaries(shop), [['not_refunded', 1, 'captured', 'captured']])
  t.deepEqual(await summaries(shop, {fix: true}), [['not_refunded', 1, 'captured', 'captured', 'fixed']])
  t.deepEqual(await summaries(shop, {fix: true}), [])
  await workLater('0 seconds')
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
})

test('a refund that the provider refused stays a difference, and is not tried again by itself', async (t) => {
  const shop = await createPaidShop(t)
  const {db, gateway, order, pay, workLater, signal} = shop
  await pay(await order('refund_fails'))
  await cancelPaidOrder(db, gateway, {id: 1}, {settings, signal})
  await workLater('0 seconds')

  t.deepEqual(await summaries(shop, {fix: true}), [['not_refunded', 1, 'captured', 'captured']])
  t.is((await db('refunds')).length, 1)
})

test('a refund that no server sends is overdue, and is left to the servers', async (t) => {
  const shop = await createPaidShop(t)
  const {db, gateway, order, pay, workLater, signal} = shop
  await pay(await order('ok'))
  await cancelPaidOrder(db, gateway, {id: 1}, {settings, signal})
  t.deepEqual(await summaries(shop), [])
  await letPass(db, '5 minutes')

  t.deepEqual(await summaries(shop, {fix: true}), [['overdue', 1, 'captured', 'captured']])
  await workLater('0 seconds')
  t.deepEqual(await summaries(shop), [])
})

test('money that came in for a payment that was cancelled here is a difference', async (t) => {
  const shop = await createPaidShop(t)
  const {db, order, pay} = shop
  await pay(await order('declined'))
  t.deepEqual(await summaries(shop), [])
  await db('test_provider.payments').update({state: 'captured', captured: 2000})

  t.deepEqual(await summaries(shop, {fix: true}), [['differs', 1, 'declined', 'captured']])
})

test('what changes while the books are read is no difference', async (t) => {
  const shop = await createPaidShop(t)
  const {gateway, order, pay} = shop
  await pay(await order('ok'))
  await pay(await order('ok'))
  const stale: Gateway = {
    ...gateway,
    // The first one has gone from the list by the time its page is read, and the second one was not captured yet.
    async *list(...asked) {
      const [second] = await collect(gateway.list(...asked))
      if (second) yield {...second, captured: 0, state: {kind: 'processing'}}
    },
  }

  t.deepEqual(await summaries({...shop, gateway: {...gateway, list: stale.list}}), [])
})

test('a second charge for the same payment belongs to no order', async (t) => {
  const shop = await createPaidShop(t)
  const {gateway, order, pay, signal, db} = shop
  const payment = await pay(await order('ok'))
  const methodId = (await db('payment_methods').first<{provider_id: string}>()).provider_id
  const {reference = '', customerId = '', createdAt = ''} = payment ?? {}
  const again = {
    reference,
    customerId,
    createdAt,
    methodId,
    money: {amount: 2000, currency: 'USD'},
    returnUrl: undefined,
  }
  const second = await gateway.pay({...again, capture: 'automatic', key: 'another'}, signal)

  const found = await differences(shop)

  t.deepEqual(found.map(summary), [['only_theirs', null, null, 'captured']])
  t.like(found[0], {reference, providerId: second.id})
})

test('payments that others make with the same account are ignored, also those with a reference of their own', async (t) => {
  const shop = await createPaidShop(t)
  const {gateway, order, pay} = shop
  await pay(await order('ok'))
  const foreign = async function* (...asked: Parameters<Gateway['list']>): AsyncGenerator<ProviderPayment> {
    for await (const payment of gateway.list(...asked)) {
      yield payment
      yield {...payment, id: 'foreign', reference: null}
      yield {...payment, id: 'wordy', reference: "o'hara"}
    }
  }

  const found = await differences({...shop, gateway: {...gateway, list: foreign}})

  t.deepEqual(
    found.map(({kind, providerId}) => [kind, providerId]),
    [['only_theirs', 'wordy']],
  )
})

test('long books are read in pages on both sides', async (t) => {
  const shop = await createPaidShop(t)
  const {db, order, pay} = shop
  await pay(await order('ok'))
  const row = await db('test_provider.payments').first<Record<string, unknown>>()
  const theirs = Array.from({length: 250}, (_, index) => ({...row, id: `lost ${index}`, reference: randomUUID()}))
  await db('test_provider.payments').insert(theirs)

  const found = await differences(shop)

  t.is(found.length, 250)
  t.is(new Set(found.map(({providerId}) => providerId)).size, 250)
  t.true(found.every(({kind}) => kind === 'only_theirs'))
})
