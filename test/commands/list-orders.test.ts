import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {text} from 'node:stream/consumers'

import {parse} from 'csv-parse/sync'
import test from 'ava'
import type {Knex} from 'knex'
import type {z} from 'zod'

import {cancelOrder} from '../../src/services/orders/cancel.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {OrderSummary} from '../helpers/cli-json/orders.ts'
import {keysetPageOf} from '../helpers/cli-json/page.ts'
import {createDatabase} from '../helpers/database.ts'
import {load} from '../helpers/fixtures.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {addProduct, addUser, usdOrder} from '../helpers/shop.ts'

/** Orders 1 to 4: of matt, matt, anna and anna, each a day later. Order 3 was cancelled by an operator. */
async function addOrders(db: Knex): Promise<void> {
  const [matt, anna] = [await addUser(db, 'matt'), await addUser(db, 'anna')]
  const rice = await addProduct(db, {name: 'Rice', price: 5000})
  const tea = await addProduct(db, {name: 'Tea\u001b[2J', price: 99})
  await db('product_prices').insert({product_id: tea, currency: 'JPY', amount: 300})
  const line = (productId: number, quantity: number) => ({productId, quantity})
  await placeOrder(db, usdOrder(matt, [line(tea, 1)]))
  await placeOrder(db, usdOrder(matt, [line(rice, 2), line(tea, 3)]))
  await placeOrder(db, {...usdOrder(anna, [line(tea, 1)]), currency: 'JPY'})
  await placeOrder(db, usdOrder(anna, [line(rice, 1)]))
  await cancelOrder(db, {id: 3}, {name: 'olga', note: 'by\u001b mail'})
  await db('orders').update({created_at: db.raw(`timestamptz '2026-04-18 19:07:52.25Z' + id * interval '1 day'`)})
}

const OrderPage = keysetPageOf(OrderSummary)

async function listJson(url: string, ...args: string[]): Promise<z.output<typeof OrderPage>> {
  const {stdout} = await runShop(['list-orders', ...args, '--json'], {env: {DATABASE_URL: url}})
  return OrderPage.parse(JSON.parse(stdout))
}

async function ids(url: string, ...args: string[]): Promise<number[]> {
  return (await listJson(url, ...args)).results.map(({id}) => id)
}

test('lists all orders with their items and who cancelled them, newest first', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)

  const run = await runShop(['list-orders'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 0)
  t.deepEqual(
    run.stdout.split('\n').filter((line) => line.startsWith('│')),
    [
      '│ Order │ Placed (UTC)        │ User │ Status    │ Cancelled by        │ Items                   │      Total │',
      '│     4 │ 2026-04-22 19:07:52 │ anna │ placed    │                     │ Rice x 1 @ 50.00        │  50.00 USD │',
      '│     3 │ 2026-04-21 19:07:52 │ anna │ cancelled │ olga: by\\u001b mail │ Tea\\u001b[2J x 1 @ 300  │    300 JPY │',
      '│     2 │ 2026-04-20 19:07:52 │ matt │ placed    │                     │ Rice x 2 @ 50.00        │ 102.97 USD │',
      '│       │                     │      │           │                     │ Tea\\u001b[2J x 3 @ 0.99 │            │',
      '│     1 │ 2026-04-19 19:07:52 │ matt │ placed    │                     │ Tea\\u001b[2J x 1 @ 0.99 │   0.99 USD │',
    ],
  )
  t.is(run.stderr, '4 orders.\n')
})

test('filters can be combined', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)

  const cases: [args: string[], expected: number[]][] = [
    [
      ['--user', 'matt'],
      [2, 1],
    ],
    [['-u', 'matt', '--min-total', '1'], [2]],
    [['--status', 'cancelled'], [3]],
    [['--status', 'placed', '--user', 'anna'], [4]],
    [
      ['--product', '2'],
      [3, 2, 1],
    ],
    [['--product', 'Rice', '--to', '2026-04-22'], [2]],
    [
      ['--from', '2026-04-20T19:07:52.25Z', '--to', '2026-04-22T19:07:52.25Z'],
      [3, 2],
    ],
    [['--currency', 'jpy'], [3]],
    [
      ['--min-total', '50'],
      [4, 2],
    ],
    [['--min-total', '300', '--currency', 'JPY'], [3]],
    [['--min-total', '1000'], []],
  ]
  for (const [args, expected] of cases) t.deepEqual(await ids(url, ...args), expected, `shop ${args.join(' ')}`)
})

test('cursors lead through the list and back, whatever is ordered meanwhile, and belong to its filters', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)
  // The same time, so that the id decides.
  await db('orders').whereIn('id', [1, 2]).update({created_at: '2026-04-18T00:00:00Z'})
  const page = async (cursor: string | null, ...args: string[]) =>
    listJson(url, '--page-size', '1', '--cursor', cursor ?? '', ...args)

  const first = await page('')
  await placeOrder(db, usdOrder(await addUser(db), [{productId: 1, quantity: 1}]))
  const pages = [first]
  for (let last = first; last.next !== null; last = pages.at(-1) ?? first) pages.push(await page(last.next))
  t.deepEqual(
    pages.map(({results}) => results[0]?.id),
    [4, 3, 2, 1],
  )
  t.is(first.previous, null)
  const back = await page(pages.at(-1)?.previous ?? '')
  t.is(back.results[0]?.id, 2)
  t.is((await page(back.next)).results[0]?.id, 1)
  const newest = await page(pages[1]?.previous ?? '')
  t.is(newest.results[0]?.id, 4)
  t.is((await page(newest.previous)).results[0]?.id, 5)

  const run = await runShop(['list-orders', '--page-size', '1', '--cursor', first.next ?? ''], {
    env: {DATABASE_URL: url},
  })
  t.is(
    run.stderr,
    `1 order on this page.\nNext: --cursor ${pages[1]?.next ?? ''}\nPrevious: --cursor ${pages[1]?.previous ?? ''}\n`,
  )
  const other = await runShop(['list-orders', '-u', 'matt', '--cursor', first.next ?? ''], {env: {DATABASE_URL: url}})
  t.is(other.exitCode, 1)
  t.regex(other.stderr, /The cursor belongs to a list with other filters/)
  for (const cursor of ['x', '!', `${first.next ?? ''}a`, (first.next ?? '').slice(1)]) {
    const {exitCode, stdout} = await runShop(['list-orders', '--cursor', cursor, '--json'], {env: {DATABASE_URL: url}})
    t.deepEqual([exitCode, JSON.parse(stdout).error.code], [1, 'invalid_cursor'], `--cursor ${cursor}`)
  }
})

test('--csv prints a row for each line of every order, and defuses formulas', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)
  await db('order_lines').where({order_id: 2, product_id: 1}).update({product_name: '=1+1, "x"\nü'})
  await load(db, {
    users: [{username: '@joe', password: 'secret'}],
    orders: [{id: 9, user: '@joe', created_at: '2024-04-20', total: '9.00', lines: []}],
  })

  const {exitCode, stdout, stderr} = await runShop(['list-orders', '--csv'], {env: {DATABASE_URL: url}})

  t.deepEqual([exitCode, stderr], [0, ''])
  t.true(stdout.startsWith('order_id,created_at,user,status,'))
  t.true(stdout.includes(`,"'=1+1, ""x""\nü",50.00,2\r\n`))
  const rows = parse(stdout, {columns: true, recordDelimiter: '\r\n'}) as unknown as Record<string, string>[]
  t.deepEqual(
    rows.map((row) => [row.order_id, row.product_id, row.quantity, row.user]),
    [
      ['4', '1', '1', 'anna'],
      ['3', '2', '1', 'anna'],
      ['2', '1', '2', 'matt'],
      ['2', '2', '3', 'matt'],
      ['1', '2', '1', 'matt'],
      ['9', '', '', "'@joe"],
    ],
  )
  t.like(rows[1], {
    status: 'cancelled',
    total_price: '300',
    currency: 'JPY',
    cancelled_by: 'olga',
    cancellation_note: 'by\u001b mail',
    is_imported: 'false',
  })
  const some = await runShop(['list-orders', '--csv', '--user', 'matt', '--product', 'Rice'], {
    env: {DATABASE_URL: url},
  })
  t.is(some.stdout.match(/\r\n/g)?.length, 3)
})

test('--csv ends quietly when its reader goes away', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db, 'matt')
  await db.raw(`insert into orders (user_id, currency, total) select ?, 'USD', 1 from generate_series(1, 20000)`, [
    userId,
  ])
  const child = spawn(process.execPath, [bin, 'list-orders', '--csv'], {env: shopEnvironment({DATABASE_URL: url})})
  const errors = text(child.stderr)

  await once(child.stdout, 'data')
  child.stdout.destroy()
  await once(child, 'close')

  t.deepEqual([child.exitCode, await errors], [141, ''])
})

test('without orders there is a note and no table; names that do not exist are refused', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await addProduct(db, {name: 'Rice'})
  await addProduct(db, {name: 'Rice'})

  t.deepEqual(await runShop(['list-orders'], {env}), {exitCode: 0, stdout: '', stderr: 'No orders.\n'})
  for (const [args, message] of [
    [['--user', 'no\u001b[2J'], /^Error: There is no user "no\\u001b\[2J"\./],
    [['--product', '7'], /There is no product 7/],
    [['--product', 'Tea'], /There is no product "Tea"/],
    [['--product', 'Rice'], /Several products are called "Rice"/],
  ] as const) {
    const run = await runShop(['list-orders', ...args], {env})
    t.deepEqual([run.exitCode, run.stdout], [1, ''])
    t.regex(run.stderr, message)
  }
})

test('lists the orders of a deactivated user, and says so', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)
  await db('users').update({is_active: false})

  const run = await runShop(['list-orders', '--user', 'matt'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 0)
  t.is(run.stdout.match(/ placed /g)?.length, 2)
  t.is(run.stderr, 'The user "matt" is deactivated.\n2 orders.\n')
})

for (const args of [
  ['--status', 'shipped'],
  ['--min-total', '1.001'],
  ['--min-total=-1'],
  ['--from', 'yesterday'],
  ['--currency', 'XXX'],
  ['--page-size', '101'],
  ['--product', ''],
  ['--page', '2'],
  ['--csv', '--json'],
  ['--csv', '--cursor', 'x'],
]) {
  test(`list-orders ${args.join(' ')} is wrong usage`, async (t) => {
    const run = await runShop(['list-orders', ...args])
    t.is(run.exitCode, 2)
  })
}
