import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {defaultHoldSettings} from '../../../src/hold-settings.ts'
import {audit, checkAll, type Finding, invariantsOf} from '../../../src/services/audit.ts'
import {auditAndRecord} from '../../../src/services/audit-since/audit-since.ts'
import {listProducts} from '../../../src/services/catalogue/list.ts'
import {placeOrder} from '../../../src/services/checkout/place-order.ts'
import {createPool} from '../../../src/services/stock/pools.ts'
import {createDatabase} from '../../helpers/database.ts'
import {runShop} from '../../helpers/run.ts'
import {addProduct, addStock, addUser, usdOrder} from '../../helpers/shop.ts'

async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  await auditAndRecord(db, defaultHoldSettings)
  await placeOrder(db, usdOrder(userId, [{productId, quantity: 3}], 'key'))
  // Applies pending refreshes.
  await listProducts(db, {page: 1, pageSize: 20, currency: 'USD'})
  return {db, url}
}

test('after orders all invariants hold, and the command says so', async (t) => {
  const {db, url} = await setUp(t)
  t.deepEqual(await audit(db), {checked: 28, findings: []})
  const {exitCode, stdout} = await runShop(['audit'], {env: {DATABASE_URL: url}})
  t.is(exitCode, 0)
  t.is(stdout, 'All 28 invariants hold.\n')
})

test('a broken invariant is reported with its rows, and the command exits with 1', async (t) => {
  const {db, url} = await setUp(t)
  await db('orders').update({total: 1})

  const told = await runShop(['audit'], {env: {DATABASE_URL: url}})
  t.is(told.exitCode, 1)
  t.regex(
    told.stdout,
    /Violated in 1 row: the total of an order placed here is the sum of its lines\.\n {2}\{"order_id":1,"total":1,/,
  )
  const json = await runShop(['audit', '--json'], {env: {DATABASE_URL: url}})
  t.is(json.exitCode, 1)
  t.is(JSON.parse(json.stdout).findings[0].invariant, 'total_equals_lines')
})

const nameAndCount = ({invariant, count}: Finding): [string, number] => [invariant, count]

const finds = test.macro<[invariant: string, damage: (db: Knex) => Promise<unknown>]>({
  async exec(t, invariant, damage) {
    const {db} = await setUp(t)
    await damage(db)
    const {findings} = await audit(db)
    t.true(findings.some((finding) => finding.invariant === invariant && finding.count > 0))
    // Everything that is damaged is new since the recorded audit.
    const since = await auditAndRecord(db, {...defaultHoldSettings, since: 'last'})
    t.deepEqual(since.findings.map(nameAndCount), findings.map(nameAndCount))
  },
  title: (title = '', invariant) => `finds that ${invariant} is broken by ${title}`,
})

async function returnStock(db: Knex, {poolId, delta}: {poolId: number; delta: number}): Promise<void> {
  await db('stock_levels').where({pool_id: poolId}).increment('on_hand', delta)
  await db('stock_movements').insert({product_id: 1, pool_id: poolId, delta, reason: 'cancel', order_id: 1})
}

test('stock without a movement', finds, 'stock_equals_ledger', async (db) => db('stock_levels').update({on_hand: 99}))
test('a movement without stock', finds, 'stock_equals_ledger', async (db) =>
  db('stock_movements').insert({product_id: 1, pool_id: 1, delta: 5, reason: 'adjust'}),
)
test('stock below zero', finds, 'stock_not_oversold', async (db) => {
  await db.raw('alter table stock_levels drop constraint stock_levels_on_hand_check')
  await db.raw('alter table stock_levels drop constraint stock_levels_reserved_check')
  await db('stock_levels').update({on_hand: -1})
})
test('a missing stock level', finds, 'stock_equals_ledger', async (db) => {
  await db.raw('alter table stock_movements drop constraint stock_movements_level_fkey')
  await db('stock_levels').delete()
})
test('a sale before its stock arrived', finds, 'ledger_not_overdrawn', async (db) => {
  for (const delta of [-8, 8]) await db('stock_movements').insert({product_id: 1, pool_id: 1, delta, reason: 'adjust'})
})
test('a move that arrived nowhere', finds, 'moves_balance', async (db) => {
  await db('stock_movements').insert({product_id: 1, pool_id: 1, delta: -1, reason: 'move'})
  await db('stock_levels').decrement('on_hand')
})
test('a wrong total', finds, 'total_equals_lines', async (db) => db('orders').update({total: 1}))
test('a missing line', finds, 'order_has_lines', async (db) => db('order_lines').delete())
test('a line without a quantity', finds, 'order_has_lines', async (db) => db('order_lines').update({quantity: 0}))
test('a wrong quantity', finds, 'movements_equal_lines', async (db) => db('order_lines').update({quantity: 4}))
test('an imported order that took stock', finds, 'movements_equal_lines', async (db) =>
  db('orders').update({is_imported: true}),
)
test('a cancelled order whose stock was not returned', finds, 'cancelled_stock_returned', async (db) =>
  db('orders').update({status: 'cancelled'}),
)
test('stock returned to another stock pool', finds, 'cancelled_stock_returned', async (db) => {
  const {id: poolId} = await createPool(db, 'east')
  await addStock(db, {productId: 1, poolId, quantity: 1})
  await returnStock(db, {poolId, delta: 3})
  await db('orders').update({status: 'cancelled'})
})
test('stock returned by an order that is not cancelled', finds, 'cancelled_stock_returned', async (db) =>
  returnStock(db, {poolId: 1, delta: 3}),
)
test("a key of another user's order", finds, 'key_names_own_order', async (db) => {
  await db('orders').update({user_id: await addUser(db)})
})
test('a basket without a user', finds, 'basket_has_user', async (db) =>
  db('baskets').insert({user_id: 99, currency: 'USD'}),
)
test("a basket of another user's order", finds, 'ordered_basket_has_order', async (db) => {
  await db('baskets').insert({user_id: await addUser(db), currency: 'USD', status: 'ordered', order_id: 1})
})
test('a listing of a sold-out product', finds, 'listings_are_offers', async (db) => {
  await db.raw('alter table stock_levels disable trigger user')
  await db('stock_levels').update({on_hand: 0})
})
test('a missing listing', finds, 'listings_are_offers', async (db) => db('listings').delete())
test('a listing at a wrong price', finds, 'listings_are_offers', async (db) => db('listings').update({amount: 1}))
test('a listing of an unknown product', finds, 'listings_are_offers', async (db) =>
  db('listings').insert({currency: 'USD', product_id: 99, name: 'Rice', folded_name: ' rice', amount: 1}),
)
test('a listing with a wrong folded name', finds, 'listings_are_offers', async (db) =>
  db('listings').update({folded_name: ' tea'}),
)
test('a wrong count', finds, 'listings_are_counted', async (db) => db('listing_counts').update({delta: 2}))
test('a mark that counts wrongly', finds, 'listings_are_marked', async (db) => {
  await db('listing_marks').insert({
    ...{currency: 'USD', ordering: 'id', name: '', amount: 0, product_id: 0},
    rows_before: 1,
  })
})
test('a scheduled price without a pending refresh', finds, 'price_changes_are_scheduled', async (db) => {
  await db('product_prices').insert({product_id: 1, currency: 'USD', amount: 5, effective_from: '2999-01-01'})
  await db('listing_refreshes').delete()
})

test('finds what is left of an order that is missing, before, between and behind those that are there', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 100})
  for (let count = 0; count < 5; count++) await placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))
  await db.raw('alter table orders disable trigger all')
  const find = async () =>
    db.transaction(async (trx) => checkAll(trx, invariantsOf(defaultHoldSettings), {ordersAtOnce: 1}))
  const found = async (name: string) => (await find()).filter(({invariant}) => invariant === name)
  await db('baskets').insert(
    [1, 3, 4, 5].map((id) => ({user_id: userId, currency: 'USD', status: 'ordered', order_id: id})),
  )

  await db('orders').whereIn('id', [1, 3, 5]).delete()
  t.deepEqual(
    (await found('movements_equal_lines')).flatMap(({rows}) => rows.map((row) => row.order_id)),
    [1, 3, 5],
  )
  t.like(await found('ordered_basket_has_order'), [{count: 3}])
  await db('orders').delete()
  t.like(await found('movements_equal_lines'), [{count: 5}])
})

test('orders are checked some at a time, whatever their ids, and what is found of one invariant is added up', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 100})
  for (let count = 0; count < 5; count++) await placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))
  await db.raw(`select setval(pg_get_serial_sequence('orders', 'id'), 1000000)`)
  for (let count = 0; count < 30; count++) await placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))
  const invariants = invariantsOf(defaultHoldSettings)
  const steps: string[] = []
  const check = async () =>
    db.transaction(async (trx) =>
      checkAll(trx, invariants, {ordersAtOnce: 10, onProgress: ({done, total}) => steps.push(`${done} of ${total}`)}),
    )
  t.deepEqual(await check(), [])
  const ofOrders = invariants.filter(({scope}) => scope === 'order').length
  t.is(steps.at(-1), `${invariants.length + 3 * ofOrders - 1} of ${invariants.length + 3 * ofOrders}`)

  await db('orders').update({total: 1})
  const [finding, ...others] = await check()
  t.deepEqual(others, [])
  t.like(finding, {invariant: 'total_equals_lines', count: 35})
  t.is(finding?.rows.length, 20)
  t.deepEqual(Object.keys(finding?.rows[0] ?? {}), ['order_id', 'total', 'lines'])
})
