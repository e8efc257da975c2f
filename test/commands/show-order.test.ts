import test, {type ExecutionContext} from 'ava'

import {cancelOrder} from '../../src/services/orders/cancel.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {createPool} from '../../src/services/stock/pools.ts'
import {OrderRecord} from '../helpers/cli-json/orders.ts'
import {createDatabase} from '../helpers/database.ts'
import {load} from '../helpers/fixtures.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addStock, addUser, usdOrder} from '../helpers/shop.ts'

async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db, 'matt')
  const productId = await addProduct(db, {name: 'Rice\u001b[2J', price: 1250, stock: 2})
  const {id: poolId} = await createPool(db, 'east')
  await addStock(db, {productId, poolId, quantity: 2})
  const {order} = await placeOrder(db, usdOrder(userId, [{productId, quantity: 3}]))
  await db('orders').update({created_at: '2026-04-18T19:07:52.25Z'})
  return {db, url, id: order.id}
}

test('shows the buyer, the time, the lines, the total and the stock movements', async (t) => {
  const {db, url, id} = await setUp(t)
  await cancelOrder(db, {id})

  const {exitCode, stdout, stderr} = await runShop(['show-order', String(id)], {env: {DATABASE_URL: url}})

  t.deepEqual([exitCode, stderr], [0, ''])
  const lines = stdout.replaceAll(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(?= │)/g, 'time').split('\n')
  t.deepEqual(
    lines.filter((line) => !/^[┌├└]/.test(line)),
    [
      'Order 1 of matt, placed 2026-04-18 19:07:52 UTC: 37.50 USD, cancelled.',
      '│ ID │ Product       │ Price │ Quantity │ Total │',
      '│  1 │ Rice\\u001b[2J │ 12.50 │        3 │ 37.50 │',
      '│ Moved (UTC)         │ Product │ Pool    │ Reason │ Stock │ By │',
      '│ time │       1 │ default │ order  │    -2 │    │',
      '│ time │       1 │ east    │ order  │    -1 │    │',
      '│ time │       1 │ default │ cancel │    +2 │    │',
      '│ time │       1 │ east    │ cancel │    +1 │    │',
      '',
    ],
  )
})

test('--json is the same order as over HTTP, with its user and its movements', async (t) => {
  const {url, id} = await setUp(t)

  const {exitCode, stdout} = await runShop(['show-order', String(id), '--json'], {env: {DATABASE_URL: url}})

  t.is(exitCode, 0)
  const {stock_movements: movements, ...order} = OrderRecord.parse(JSON.parse(stdout))
  t.deepEqual(order, {
    id,
    created_at: '2026-04-18T19:07:52.250000Z',
    status: 'placed',
    total_price: '37.50',
    currency: 'USD',
    items: [{product_id: 1, product: 'Rice\u001b[2J', product_price: '12.50', currency: 'USD', quantity: 3}],
    user: 'matt',
    is_imported: false,
    cancellation: null,
  })
  t.is(movements.length, 2)
  t.like(movements[0], {product_id: 1, pool: 'default', delta: -2, reason: 'order'})
  t.like(movements[1], {product_id: 1, pool: 'east', delta: -1, reason: 'order'})
  t.regex(movements[0]?.created_at ?? '', /^\d{4}-\d\d-\d\dT.*Z$/)
})

test('an imported order is marked as imported and has no movements', async (t) => {
  const {db, url} = await createDatabase(t)
  await load(db, {
    users: [{username: 'anna', password: 'secret'}],
    orders: [{id: 3, user: 'anna', created_at: '2024-04-20', total: '9.00', lines: []}],
  })

  const run = await runShop(['show-order', '3'], {env: {DATABASE_URL: url}})

  const says = 'Order 3 of anna, imported, placed 2024-04-20 00:00:00 UTC: 9.00 USD, placed.\n'
  t.deepEqual(run, {exitCode: 0, stdout: says, stderr: ''})
})

test('an unknown order is refused; a missing or invalid id is wrong usage', async (t) => {
  const {url} = await createDatabase(t)

  const unknown = await runShop(['show-order', '7'], {env: {DATABASE_URL: url}})
  const json = await runShop(['show-order', '7', '--json'], {env: {DATABASE_URL: url}})
  const wrong = await runShop(['show-order', '7.5'])
  const none = await runShop(['show-order'], {input: '7\n'})

  t.is(unknown.exitCode, 1)
  t.regex(unknown.stderr, /^Error: There is no order 7\./)
  t.is(JSON.parse(json.stdout).error.code, 'unknown_order')
  t.is(wrong.exitCode, 2)
  t.regex(wrong.stderr, /"7\.5" is not a valid id/)
  t.is(none.exitCode, 2)
  t.regex(none.stderr, /ID/)
})
