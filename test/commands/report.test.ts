import test from 'ava'
import type {Knex} from 'knex'

import {SalesReport} from '../helpers/cli-json/shop.ts'
import {createDatabase, shareDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'

type Sale = {at: string; userId: number; lines: [number, number, number][]; currency?: string; status?: string}

/** An order with lines of [product, quantity, price]. */
async function addSale(db: Knex, {at, userId, lines, currency = 'USD', status = 'placed'}: Sale): Promise<void> {
  const total = lines.reduce((sum, [, quantity, price]) => sum + quantity * price, 0)
  const [order] = await db('orders')
    .insert({user_id: userId, currency, total, status, is_imported: true, created_at: at})
    .returning<{id: number}[]>('id')
  for (const [index, [productId, quantity, price]] of lines.entries()) {
    await db('order_lines').insert({
      order_id: order?.id,
      position: index + 1,
      product_id: productId,
      product_name: 'old name',
      unit_price: price,
      quantity,
    })
  }
}

const shared = shareDatabase(test, async (db) => {
  const [anna, bob] = [await addUser(db, 'anna'), await addUser(db, '=bob')]
  const [tea, rice] = [await addProduct(db, {name: 'Tea'}), await addProduct(db, {name: 'Rice, "white"'})]
  await addSale(db, {
    at: '2026-03-01T23:59:59Z',
    userId: anna,
    lines: [
      [tea, 2, 250],
      [rice, 1, 100],
    ],
  })
  await addSale(db, {
    at: '2026-03-02T00:00:00Z',
    userId: bob,
    lines: [
      [rice, 3, 100],
      [rice, 1, 90],
    ],
  })
  await addSale(db, {at: '2026-03-04T10:30:00Z', userId: anna, lines: [[tea, 1, 300]], status: 'cancelled'})
  await addSale(db, {at: '2026-03-04T11:30:00Z', userId: anna, lines: [[tea, 5, 400]], currency: 'JPY'})
  await addSale(db, {at: '2026-04-01T00:00:00Z', userId: anna, lines: [[tea, 7, 250]]})
})

async function report(...args: string[]): Promise<ReturnType<typeof SalesReport.parse>> {
  const period = ['--from', '2026-03-01', '--to', '2026-04-01']
  const {stdout} = await runShop(['report', ...period, ...args, '--json'], {env: {DATABASE_URL: shared().url}})
  return SalesReport.parse(JSON.parse(stdout))
}

const none = {orders: 0, units: 0, total: '0.00'}

test('a report by day counts orders, units and totals by currency, cancelled ones apart, with days without orders', async (t) => {
  const {totals, results, ...rest} = await report('--currency', 'usd')

  t.deepEqual(rest, {by: 'day', from: '2026-03-01T00:00:00.000000Z', to: '2026-04-01T00:00:00.000000Z'})
  const cancelled = {orders: 1, units: 1, total: '3.00'}
  t.deepEqual(totals, [{currency: 'USD', orders: 2, units: 7, total: '9.90', cancelled}])
  t.deepEqual(results, [
    {day: '2026-03-01', currency: 'USD', orders: 1, units: 3, total: '6.00', cancelled: none},
    {day: '2026-03-02', currency: 'USD', orders: 1, units: 4, total: '3.90', cancelled: none},
    {day: '2026-03-03', currency: 'USD', ...none, cancelled: none},
    {day: '2026-03-04', currency: 'USD', ...none, cancelled},
  ])
  const both = await report()
  t.is(both.results.length, 8)
  t.like(both.results[6], {currency: 'JPY', orders: 1, units: 5, total: '2000'})
})

test('a report by hour, by product with the lines of the orders, and by user, the largest totals first', async (t) => {
  const hours = await report('--by', 'hour', '--currency', 'USD')
  t.is(hours.results.length, 60)
  t.like(hours.results[0], {hour: '2026-03-01T23:00:00.000000Z', total: '6.00'})

  const products = await report('--by', 'product')
  t.deepEqual(
    products.results.map((row) => [
      'product' in row && row.product.name,
      row.currency,
      row.orders,
      row.units,
      row.total,
    ]),
    [
      ['Tea', 'JPY', 1, 5, '2000'],
      ['Tea', 'USD', 1, 2, '5.00'],
      ['Rice, "white"', 'USD', 2, 5, '4.90'],
    ],
  )
  t.like(products.results[1]?.cancelled, {orders: 1, total: '3.00'})

  const users = await report('--by', 'user', '--limit', '1')
  t.deepEqual(
    users.results.map((row) => ['user' in row && row.user.name, row.total]),
    [
      ['anna', '2000'],
      ['anna', '6.00'],
    ],
  )
})

test('a report is printed as a table and as CSV, in which names are no formulas', async (t) => {
  const env = {DATABASE_URL: shared().url}
  const period = ['--from', '2026-03-01', '--to', '2026-04-01', '--currency', 'USD']

  const table = await runShop(['report', ...period], {env})
  t.regex(table.stdout, /│ Day \(UTC\) +│ Orders │ Units │ +Total │ Cancelled │\n/)
  t.is(
    table.stderr,
    'From 2026-03-01 00:00:00 to 2026-04-01 00:00:00 UTC:\n' +
      '  9.90 USD from 2 orders, 7 units\n    and 3.00 USD from 1 order that was cancelled\n',
  )
  const csv = await runShop(['report', ...period, '--by', 'user', '--csv'], {env})
  t.deepEqual([csv.exitCode, csv.stderr], [0, ''])
  t.deepEqual(csv.stdout.split('\r\n'), [
    'user_id,user,currency,orders,units,total,cancelled_orders,cancelled_units,cancelled_total',
    '1,anna,USD,1,3,6.00,1,1,3.00',
    `2,'=bob,USD,1,4,3.90,0,0,0.00`,
    '',
  ])
  const products = await runShop(['report', ...period, '--by', 'product', '--csv'], {env})
  t.regex(products.stdout, /\r\n2,"Rice, ""white""",USD,/)
})

test('a report without orders, and wrong periods', async (t) => {
  const {url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const empty = await runShop(['report'], {env})
  t.deepEqual([empty.exitCode, empty.stdout], [0, ''])
  t.regex(empty.stderr, /^No orders from .* 00:00:00 to .* UTC\. For another time, pass --from and --to\.\n$/)
  t.is((await runShop(['report', '--csv'], {env})).stdout.split('\r\n').length, 2)

  for (const args of [
    ['--from', '2026-02-01', '--to', '2026-02-01'],
    ['--by', 'week'],
    ['--csv', '--json'],
    ['--limit', '0'],
  ]) {
    t.is((await runShop(['report', ...args], {env})).exitCode, 2)
  }
})

test('a report of more hours than fit the memory is refused', async (t) => {
  const {db, url} = await createDatabase(t)
  const [userId, product] = [await addUser(db), await addProduct(db)]
  for (const at of ['0001-01-01', '2026-11-26']) await addSale(db, {at, userId, lines: [[product, 1, 1]]})

  const {exitCode, stderr} = await runShop(['report', '--by', 'hour', '--from', '0001-01-01'], {
    env: {DATABASE_URL: url},
  })

  t.is(exitCode, 1)
  t.regex(stderr, /would have 17758681 rows, and the most is 620000\./)
})
