import test from 'ava'
import type {Knex} from 'knex'

import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser, usdOrder} from '../helpers/shop.ts'

async function addOrders(db: Knex): Promise<void> {
  const userId = await addUser(db, 'matt')
  const rice = await addProduct(db, {name: 'Rice', price: 5000})
  const tea = await addProduct(db, {name: 'Tea\u001b[2J', price: 99})
  await placeOrder(db, usdOrder(userId, [{productId: tea, quantity: 1}]))
  await placeOrder(
    db,
    usdOrder(userId, [
      {productId: rice, quantity: 2},
      {productId: tea, quantity: 3},
    ]),
  )
  await db('orders').update({created_at: db.raw(`timestamptz '2026-04-18 19:07:52.25Z' + id * interval '1 day'`)})
}

test("lists a user's orders with their items, newest first", async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)

  const run = await runShop(['list-orders', '--user', 'matt'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 0)
  t.deepEqual(
    run.stdout.split('\n').filter((line) => line.startsWith('│')),
    [
      '│ Order │ Placed (UTC)        │ Status │ Items                   │      Total │',
      '│     2 │ 2026-04-20 19:07:52 │ placed │ Rice x 2 @ 50.00        │ 102.97 USD │',
      '│       │                     │        │ Tea\\u001b[2J x 3 @ 0.99 │            │',
      '│     1 │ 2026-04-19 19:07:52 │ placed │ Tea\\u001b[2J x 1 @ 0.99 │   0.99 USD │',
    ],
  )
  t.is(run.stderr, 'Page 1 of 1, 2 orders.\n')
})

test('--json is the same page as over HTTP', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)

  const run = await runShop(['list-orders', '--user', 'matt', '--page-size', '1', '--json'], {env: {DATABASE_URL: url}})

  t.deepEqual(JSON.parse(run.stdout), {
    count: 2,
    next: '/orders/history/?page=2&page_size=1',
    previous: null,
    results: [
      {
        id: 2,
        created_at: '2026-04-20T19:07:52.250000Z',
        status: 'placed',
        total_price: '102.97',
        currency: 'USD',
        items: [
          {product_id: 1, product: 'Rice', product_price: '50.00', currency: 'USD', quantity: 2},
          {product_id: 2, product: 'Tea\u001b[2J', product_price: '0.99', currency: 'USD', quantity: 3},
        ],
      },
    ],
  })
})

test('a user without orders gets a note and no table', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')

  const run = await runShop(['list-orders', '--user', 'matt'], {env: {DATABASE_URL: url}})

  t.deepEqual(run, {exitCode: 0, stdout: '', stderr: 'No orders.\n'})
})

test('an unknown user is refused; control characters in the name are escaped', async (t) => {
  const {url} = await createDatabase(t)

  const run = await runShop(['list-orders', '--user', 'no\u001b[2J'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 1)
  t.true(run.stderr.startsWith('Error: There is no user "no\\u001b[2J".'))
})

test('lists the orders of a deactivated user, and says so', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)
  await db('users').update({is_active: false})
  const env = {DATABASE_URL: url}

  const run = await runShop(['list-orders', '--user', 'matt'], {env})
  const json = await runShop(['list-orders', '--user', 'matt', '--json'], {env})

  t.is(run.exitCode, 0)
  t.is(run.stdout.match(/ placed /g)?.length, 2)
  t.is(run.stderr, 'The user "matt" is deactivated.\nPage 1 of 1, 2 orders.\n')
  t.is(JSON.parse(json.stdout).count, 2)
})

test('a page beyond the last one is refused', async (t) => {
  const {db, url} = await createDatabase(t)
  await addOrders(db)

  const run = await runShop(['list-orders', '--user', 'matt', '--page', '3', '--page-size', '1'], {
    env: {DATABASE_URL: url},
  })

  t.deepEqual(run, {exitCode: 1, stdout: '', stderr: 'Error: Invalid page.\nThere are 2 pages.\n'})
})

test('leaving out --user without a terminal is wrong usage', async (t) => {
  const run = await runShop(['list-orders'], {input: 'matt\n'})

  t.is(run.exitCode, 2)
  t.regex(run.stderr, /--user/)
})
