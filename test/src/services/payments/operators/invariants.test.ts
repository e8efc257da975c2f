import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {defaultHoldSettings} from '../../../../../src/hold-settings.ts'
import {audit, type Finding} from '../../../../../src/services/audit.ts'
import {auditAndRecord} from '../../../../../src/services/audit-since/audit-since.ts'
import {paymentInvariants} from '../../../../../src/services/payments/operators/invariants.ts'
import {cancelPaidOrder} from '../../../../../src/services/payments/operations.ts'
import {refundOrder} from '../../../../../src/services/payments/operators/refund-and-capture.ts'
import {checkout, decideJobs, setItem} from '../../../../helpers/baskets.ts'
import {createDatabase} from '../../../../helpers/database.ts'
import {createPaidShop, placePaidOrder, settings} from '../../../../helpers/payments.ts'
import {addProduct, addUser} from '../../../../helpers/shop.ts'

/** Order 1 is paid, order 2 has a payment that is authorized, and order 3 has none. */
async function setUp(t: ExecutionContext): Promise<Knex> {
  const {db} = await createDatabase(t)
  const buyer = {userId: await addUser(db), productId: await addProduct(db)}
  await auditAndRecord(db, defaultHoldSettings)
  await placePaidOrder(db, buyer)
  await placePaidOrder(db, {...buyer, capture: 'manual'})
  await decideJobs(db, [setItem(buyer.userId, buyer.productId, 1), checkout(buyer.userId)])
  return db
}

async function brokenInvariants(db: Knex): Promise<string[]> {
  const {findings} = await audit(db)
  return findings.map(({invariant}) => invariant)
}

const broken = new Set<string>()

const nameAndCount = ({invariant, count}: Finding): [string, number] => [invariant, count]

const finds = test.macro<[invariant: string, damage: (db: Knex) => Promise<unknown>]>({
  async exec(t, invariant, damage) {
    const db = await setUp(t)
    t.deepEqual(await brokenInvariants(db), [])
    await damage(db)
    const {findings} = await audit(db)
    t.true(findings.some((finding) => finding.invariant === invariant))
    // Everything that is damaged is new since the recorded audit.
    const since = await auditAndRecord(db, {...defaultHoldSettings, since: 'last'})
    t.deepEqual(since.findings.map(nameAndCount), findings.map(nameAndCount))
    broken.add(invariant)
  },
  title: (title = '', invariant) => `finds that ${invariant} is broken by ${title}`,
})

test.after('every invariant is broken by some test', (t) => {
  t.deepEqual([...broken].sort(), paymentInvariants.map(({name}) => name).sort())
})

test('a second payment', finds, 'one_payment_per_order', async (db) => {
  await db.raw('alter table payments drop constraint payments_order_id_key')
  await db('payments').where({id: 2}).update({order_id: 1})
})

test('another amount', finds, 'payment_equals_order', async (db) => db('payments').where({id: 2}).update({amount: 999}))
test('another currency', finds, 'payment_equals_order', async (db) => db('payments').update({currency: 'EUR'}))
test("another user's method", finds, 'payment_equals_order', async (db) => {
  await db('payment_methods').update({user_id: await addUser(db), is_default: false})
})
test("another user's customer", finds, 'payment_equals_order', async (db) => {
  await db('payment_customers').update({user_id: await addUser(db)})
})
test("another provider's method", finds, 'payment_equals_order', async (db) =>
  db('payment_methods').update({provider: 'another'}),
)

test('a paid order that says it is pending', finds, 'payment_status_of_order', async (db) =>
  db('orders').where({id: 1}).update({payment_status: 'pending'}),
)
test('an order without a payment that says it is paid', finds, 'payment_status_of_order', async (db) =>
  db('orders').where({id: 3}).update({payment_status: 'paid'}),
)
test('a payment that fell back', finds, 'payment_status_of_order', async (db) =>
  db('payments').where({id: 1}).update({state: 'processing', captured: 0}),
)

test('more captured than the amount', finds, 'captured_by_state', async (db) => {
  await db.raw('alter table payments drop constraint payments_captured_check')
  await db('payments').where({id: 1}).update({captured: 1001})
})
test('more refunded than captured', finds, 'captured_by_state', async (db) => {
  await db.raw('alter table payments drop constraint payments_refunded_check')
  await db('payments').where({id: 1}).update({refunded: 1001, state: 'refunded'})
})
test('a captured payment without money', finds, 'captured_by_state', async (db) =>
  db('payments').where({id: 1}).update({captured: 0}),
)
test('an authorized payment with money', finds, 'captured_by_state', async (db) =>
  db('payments').where({id: 2}).update({captured: 1000}),
)
test('money that went back in a captured payment', finds, 'captured_by_state', async (db) =>
  db('payments').where({id: 1}).update({refunded: 1}),
)
for (const refunded of [0, 1000]) {
  test(`a partially refunded payment with ${refunded} of 1000 refunded`, finds, 'captured_by_state', async (db) =>
    db('payments').where({id: 1}).update({refunded, state: 'partially_refunded'}),
  )
}
test('a refunded payment with money left', finds, 'captured_by_state', async (db) =>
  db('payments').where({id: 1}).update({refunded: 999, state: 'refunded'}),
)

test('a refund that its payment does not count', finds, 'refunds_within_captured', async (db) =>
  db('refunds').insert({payment_id: 1, amount: 5, state: 'succeeded'}),
)
test('refunds of more than was captured', finds, 'refunds_within_captured', async (db) =>
  db('refunds').insert([600, 401].map((amount) => ({payment_id: 1, amount, state: 'requested'}))),
)
test('a refund of a payment that captured nothing', finds, 'refunds_within_captured', async (db) =>
  db('refunds').insert({payment_id: 2, amount: 1, state: 'pending'}),
)

test('a cancelled order whose money stayed here', finds, 'cancelled_order_refunded', async (db) =>
  db('orders').where({id: 1}).update({status: 'cancelled'}),
)
test('a cancelled order of whose money a part stayed here', finds, 'cancelled_order_refunded', async (db) => {
  await db('orders').where({id: 1}).update({status: 'cancelled'})
  await db('refunds').insert({payment_id: 1, amount: 999})
})

test('a payment that was declined and is due', finds, 'failed_payment_is_not_due', async (db) =>
  db('payments').where({id: 2}).update({state: 'declined', next_try_at: db.fn.now()}),
)
test('an order that goes on after its payment was declined', finds, 'failed_payment_cancels_order', async (db) => {
  await db('payments').where({id: 2}).update({state: 'declined'})
  await db('orders').where({id: 2}).update({payment_status: 'failed'})
})

test('a basket that is still being paid', finds, 'paying_basket_is_pending', async (db) => {
  await db('baskets').update({order_id: 1, status: 'paying'})
  await db('payments').where({id: 1}).update({basket_id: 1})
})
test('a basket that is being paid without a payment', finds, 'paying_basket_is_pending', async (db) =>
  db('baskets').update({status: 'paying'}),
)
test('a basket that was ordered before it was paid', finds, 'paying_basket_is_pending', async (db) => {
  await db('payments').where({id: 2}).update({basket_id: 1, state: 'processing'})
  await db('baskets').update({order_id: 2})
})

test('a payment that was sent without a trace', finds, 'calls_are_recorded', async (db) => {
  await db.raw('alter table payment_attempts disable trigger user')
  await db('payment_attempts').delete()
})
test('a payment that was sent at no time', finds, 'calls_are_recorded', async (db) =>
  db('payments').where({id: 1}).update({submitted_at: null}),
)
test('a captured payment that the provider has no id for', finds, 'calls_are_recorded', async (db) =>
  db('payments').where({id: 1}).update({provider_id: null}),
)

test('refused refunds, refunds made at the provider and mismatches break no invariant', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const refused = await order('refund_fails')
  await pay(refused)
  await cancelPaidOrder(db, gateway, {id: refused}, {settings, signal})
  await workLater('0 seconds')
  t.is((await db('refunds').first())?.state, 'failed')

  const elsewhere = await order('ok')
  const payment = await pay(elsewhere)
  await refundOrder(db, gateway, {orderId: elsewhere, amount: 500}, signal)
  await gateway.refund(
    {paymentId: payment?.providerId ?? '', money: {amount: 500, currency: 'USD'}, key: 'at the provider'},
    signal,
  )
  await db('payments').where({order_id: elsewhere}).update({next_try_at: db.fn.now()})
  await workLater('0 seconds')
  t.like(await db('payments').where({order_id: elsewhere}).first(), {state: 'partially_refunded', refunded: 1000})

  await pay(await order('wrong_amount'))
  await pay(await order('insufficient_funds'))
  t.deepEqual(await brokenInvariants(db), [])
})
