import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {query} from '../../../../src/db/query.ts'
import {NoAuditPointError} from '../../../../src/errors.ts'
import {defaultHoldSettings} from '../../../../src/hold-settings.ts'
import {audit, invariantsOf} from '../../../../src/services/audit.ts'
import {auditAndRecord} from '../../../../src/services/audit-since/audit-since.ts'
import {markHistory} from '../../../../src/services/audit-since/mark.ts'
import {findPoint, recordPoint} from '../../../../src/services/audit-since/points.ts'
import {scopeSince} from '../../../../src/services/audit-since/scopes.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {cancelOrder} from '../../../../src/services/orders/cancel.ts'
import {refundOrder} from '../../../../src/services/payments/operators/refund-and-capture.ts'
import {deleteProduct} from '../../../../src/services/products/delete-product.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {moveStock} from '../../../../src/services/stock/move.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {createPaidShop} from '../../../helpers/payments.ts'
import {runShop} from '../../../helpers/run.ts'
import {addProduct, addStock, addUser, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const {holdMaxSeconds} = defaultHoldSettings
const operator = {name: 'anna', note: undefined}

/** A shop with one order, of which a full audit is recorded. */
async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  const order = async (key?: string): Promise<number> =>
    (await placeOrder(db, usdOrder(userId, [{productId, quantity: 1}], key))).order.id
  const first = await order('first')
  t.like(await auditAndRecord(db, {holdMaxSeconds}), {findings: [], since: undefined, record: 'recorded'})
  return {db, url, userId, productId, order, first}
}

async function sinceLast(db: Knex): Promise<string[]> {
  const {findings} = await auditAndRecord(db, {holdMaxSeconds, since: 'last'})
  return findings.map(({invariant}) => invariant)
}

test('audits since the last one go on from each other, and are clean in a shop that works', async (t) => {
  const {db, productId, order, first} = await setUp(t)
  const east = await createPool(db, 'east')
  await order('second')
  t.deepEqual(await sinceLast(db), [])
  await cancelOrder(db, {id: first}, operator)
  await addStock(db, {productId, poolId: east.id, quantity: 3})
  await moveStock(db, {productId, quantity: 2, from: 'default', to: 'east'}, operator)
  t.deepEqual(await sinceLast(db), [])
  await deleteProduct(db, await addProduct(db, {name: 'Tea'}))
  const unsold = await addProduct(db, {name: 'Salt'})
  t.deepEqual(await sinceLast(db), [])
  await deleteProduct(db, unsold)
  t.deepEqual(await sinceLast(db), [])
  const replaced = await addProduct(db, {name: 'Salt', stock: 7})
  t.deepEqual(await sinceLast(db), [])
  await deleteProduct(db, replaced)
  await addProduct(db, {id: replaced, name: 'Pepper', stock: 3})
  t.deepEqual(await sinceLast(db), [])
  t.deepEqual((await audit(db)).findings, [])
})

test('a fault in an older row is found by a full audit only', async (t) => {
  const {db, order, first} = await setUp(t)
  await order()
  await db('orders').where({id: first}).update({total: 1})
  t.deepEqual(await sinceLast(db), [])
  const {findings} = await audit(db)
  t.deepEqual(
    findings.map(({invariant}) => invariant),
    ['total_equals_lines'],
  )
})

test('current stock is compared with the ledger, whenever it was changed', async (t) => {
  const {db} = await setUp(t)
  await db('stock_levels').increment('on_hand', 1)
  t.deepEqual(await sinceLast(db), ['stock_equals_ledger'])
})

test('an older order that was cancelled since is checked with its older movements', async (t) => {
  const {db, productId, first} = await setUp(t)
  await cancelOrder(db, {id: first}, operator)
  await db('stock_movements').insert({product_id: productId, pool_id: 1, delta: 1, reason: 'cancel', order_id: first})
  await db('stock_levels').increment('on_hand', 1)
  t.deepEqual(await sinceLast(db), ['cancelled_stock_returned'])
})

test('a movement since that took more than was left is found', async (t) => {
  const {db, productId} = await setUp(t)
  const taken = {product_id: productId, pool_id: 1, reason: 'adjust'}
  for (const delta of [-10, 10]) await db('stock_movements').insert({...taken, delta})
  t.deepEqual(await sinceLast(db), ['ledger_not_overdrawn'])
})

test('an older payment that was refunded since is checked', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const orderId = await order('ok')
  await pay(orderId)
  t.is((await auditAndRecord(db, {holdMaxSeconds})).record, 'recorded')
  await refundOrder(db, gateway, {orderId, amount: 500}, signal)
  t.deepEqual(await sinceLast(db), [])
  await refundOrder(db, gateway, {orderId, amount: 500, idempotencyKey: '2'}, signal)
  const refunded = await db('payments').first<{refunded: number}>('refunded')
  await db('payments').update({refunded: 999})
  t.deepEqual(await sinceLast(db), ['refunds_within_captured'])
  await db('payments').update(refunded)
})

test('a payment that was not finished at the last audit is checked, even if nothing was asked since', async (t) => {
  const {db, order, pay} = await createPaidShop(t)
  await order('ok')
  await pay(await order('ok'))
  t.is((await auditAndRecord(db, {holdMaxSeconds})).record, 'recorded')
  const open = await db('payments')
    .whereNotNull('next_try_at')
    .first<{id: number; state: string; next_try_at: string}>()
  await db('payments').where({id: open.id}).update({state: 'cancelled', next_try_at: null})
  t.deepEqual(await sinceLast(db), ['payment_status_of_order', 'failed_payment_cancels_order'])
  await db('payments').where({id: open.id}).update({state: open.state, next_try_at: open.next_try_at})
})

test('an order that began before the audit and is committed later does not fall between two audits', async (t) => {
  const {db, userId, order} = await setUp(t)
  const trx = await db.transaction()
  await trx('orders').insert({user_id: userId, currency: 'USD', total: 5})
  await order()

  t.is((await auditAndRecord(db, {holdMaxSeconds, waitMs: 0})).record, 'long transaction')
  const audited = auditAndRecord(db, {holdMaxSeconds, since: 'last'})
  const first = await Promise.race([audited.then(() => 'audit'), committed()])
  async function committed(): Promise<string> {
    // Until the audit waits for the transaction, it has asked for the locks.
    await db.raw('select pg_sleep(0.2)')
    await trx.commit()
    return 'commit'
  }

  t.is(first, 'commit')
  const {findings, record} = await audited
  t.is(record, 'violated')
  t.deepEqual(
    findings.map(({invariant}) => invariant),
    ['total_equals_lines', 'order_has_lines'],
  )
})

test('a product that is deleted during an audit may come back with its id, with or without stock', async (t) => {
  const {db} = await setUp(t)
  const [withStock, without] = [await addProduct(db, {stock: 7}), await addProduct(db, {stock: 7})]
  const trx = await db.transaction()
  await trx.raw('lock table baskets in access exclusive mode')
  const audited = auditAndRecord(db, {holdMaxSeconds})
  // Its snapshot has the products by then.
  await untilWaiting(db)
  for (const id of [withStock, without]) await deleteProduct(db, id)
  await trx.commit()

  t.is((await audited).record, 'recorded')
  await addProduct(db, {id: withStock, name: 'Pepper', stock: 7})
  await addProduct(db, {id: without, name: 'Salt', stock: 0})
  t.deepEqual(await sinceLast(db), [])
})

test('movements between the mark and the snapshot are counted once', async (t) => {
  const {db, order} = await setUp(t)
  await db('audit_points').update({last_movement_id: 0, last_order_id: 0})
  await order()
  t.deepEqual(await sinceLast(db), [])
})

test('a mark of a server that was restarted, or that another one has replaced, is not recorded', async (t) => {
  const {db} = await setUp(t)
  const mark = await markHistory(db)
  if (!mark) throw new Error('Nobody else writes.')
  const before = await db('audit_points').pluck('id')
  const record = async (serverStartedAt: string) =>
    db.transaction(async (trx) => recordPoint(trx, {...mark, serverStartedAt}, {isFull: true}))

  t.false(await record('2026-01-01T00:00:00Z'))
  t.deepEqual(await db('audit_points').pluck('id'), before)
  t.true(await record(mark.serverStartedAt))
})

test('an audit that finds something is not recorded, so that the next one finds it again', async (t) => {
  const {db, order} = await setUp(t)
  await db('orders')
    .where({id: await order()})
    .update({total: 1})
  t.deepEqual(await sinceLast(db), ['total_equals_lines'])
  t.deepEqual(await sinceLast(db), ['total_equals_lines'])
})

test('the last full audit and the last one are kept, and a time picks one of them', async (t) => {
  const {db} = await setUp(t)
  for (let run = 0; run < 3; run++) t.deepEqual(await sinceLast(db), [])
  const points = await db('audit_points').orderBy('id').select<{id: number; is_full: boolean; audited_at: string}[]>()
  t.deepEqual(
    points.map(({is_full: isFull}) => isFull),
    [true, false],
  )
  t.is((await db('audit_levels').distinct('point_id')).length, 2)

  const {audited_at: fullAt} = points[0] ?? {audited_at: ''}
  t.is((await auditAndRecord(db, {holdMaxSeconds, since: fullAt})).since?.auditedAt, fullAt)
  await t.throwsAsync(auditAndRecord(db, {holdMaxSeconds, since: '2020-01-01T00:00:00Z'}), {
    instanceOf: NoAuditPointError,
    message: `No clean audit is recorded at that time or before. The earliest is of ${fullAt}.`,
  })
  await auditAndRecord(db, {holdMaxSeconds})
  t.is((await db('audit_points')).length, 1)
})

test('audits go on from each other after the clock was set back', async (t) => {
  const {db} = await setUp(t)
  await db('audit_points').update({audited_at: '2999-01-01T00:00:00Z'})
  t.deepEqual(await sinceLast(db), [])
  const {since} = await auditAndRecord(db, {holdMaxSeconds, since: 'last'})
  t.false(since?.isFull)
  t.true((since?.auditedAt ?? '') < '2999')
  await auditAndRecord(db, {holdMaxSeconds})
  t.is((await db('audit_points')).length, 1)
})

test('the command says what it checked, and refuses without a recorded audit', async (t) => {
  const {db, url, order} = await setUp(t)
  const env = {DATABASE_URL: url}
  await order()
  const told = await runShop(['audit', '--since', 'last'], {env})
  t.is(told.exitCode, 0)
  t.regex(told.stdout, /^All 28 invariants hold of what is new since the audit of \d{4}-.*Z\.\n$/)
  const json = JSON.parse((await runShop(['audit', '--since', '2999-01-01', '--json'], {env})).stdout)
  t.like(json, {checked: 28, findings: [], since: {is_full: false}, recorded: true})

  await db('audit_points').delete()
  const refused = await runShop(['audit', '--since', 'last'], {env})
  t.is(refused.exitCode, 1)
  t.is(refused.stderr, 'Error: No clean audit of this shop is recorded yet.\nFor a full audit, run: shop audit\n')
  t.is(refused.stdout, '')
  const misused = await runShop(['audit', '--since', 'yesterday'], {env})
  t.is(misused.exitCode, 2)
  t.regex(misused.stderr, /"yesterday" is neither "last" nor a valid time\./)
})

test('a role that can only read audits the shop, and is told that the audit is not recorded', async (t) => {
  const {db, url, order} = await setUp(t)
  await order()
  await db.raw('alter database ?? set default_transaction_read_only = on', [new URL(url).pathname.slice(1)])
  const {exitCode, stdout, stderr} = await runShop(['audit', '--since', 'last'], {env: {DATABASE_URL: url}})
  t.is(exitCode, 0)
  t.regex(stdout, /^All 28 invariants hold/)
  t.regex(stderr, /Warning: This audit is not recorded for --since/)
})

/** A query that runs once for each row, over rows without an index, takes time by the square of what is new. */
test('no invariant looks at what is new once for each row', async (t) => {
  const {db, order} = await setUp(t)
  const point = await findPoint(db, 'last')
  for (let placed = 0; placed < 3; placed++) await order()
  for (const {name, sql, bindings, scope} of invariantsOf({holdMaxSeconds})) {
    if (!scope) continue
    const lines = await query<{'QUERY PLAN': string}>(db, `explain ${scopeSince(scope, point)} ${sql}`, bindings)
    const plan = lines.map((line) => line['QUERY PLAN'])
    for (const [at, line] of plan.entries()) {
      const subplan = /^( *)(SubPlan \d+)/.exec(line)
      if (!subplan || plan.some((other) => other.includes(`hashed ${subplan[2]}`))) continue
      const below = plan.slice(at + 1)
      const end = below.findIndex((other) => other.search(/\S/) <= (subplan[1] ?? '').length)
      t.notRegex(below.slice(0, end === -1 ? undefined : end).join('\n'), /CTE Scan/, `${name} does`)
    }
  }
})
