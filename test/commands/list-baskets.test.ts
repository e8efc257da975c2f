import test from 'ava'
import type {Knex} from 'knex'

import {change, checkout, decideJobs, setItem} from '../helpers/baskets.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'

/** Basket 1, of Anna, was ordered. Basket 2, of Ben, holds 3 units, 2 of them expired. Basket 3, of Anna, is empty. */
async function addBaskets(db: Knex): Promise<void> {
  const [anna, ben] = [await addUser(db, 'anna\u001b[2J'), await addUser(db, 'ben')]
  const [rice, tea] = [await addProduct(db, {price: 5000}), await addProduct(db, {price: 99})]
  const items = [
    {productId: rice, quantity: 2},
    {productId: tea, quantity: 1},
  ]
  await decideJobs(db, [setItem(anna, tea, 2), checkout(anna)])
  await decideJobs(db, [change(ben, {kind: 'add', items})])
  await decideJobs(db, [setItem(anna, tea, 2), change(anna, {kind: 'clear'})])
  await db('baskets').update({updated_at: db.raw(`timestamptz '2026-04-18 19:07:52.25Z' + id * interval '1 day'`)})
  await db('stock_reservations').where({product_id: rice}).update({expires_at: '2026-04-18T19:07:52Z'})
  await db('stock_reservations').where({product_id: tea}).update({expires_at: '2999-04-18T19:07:52Z'})
}

test('lists the baskets that are not ordered, latest change first', async (t) => {
  const {db, url} = await createDatabase(t)
  await addBaskets(db)

  const run = await runShop(['list-baskets'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 0)
  t.deepEqual(
    run.stdout.split('\n').filter((line) => line.startsWith('│')),
    [
      '│ ID │ User          │ Status │ Items │ Held (UTC)                       │      Total │ Changed (UTC)       │',
      '│  3 │ anna\\u001b[2J │ open   │     0 │ 0                                │   0.00 USD │ 2026-04-21 19:07:52 │',
      '│  2 │ ben           │ open   │     2 │ 3, 2 expired 2026-04-18 19:07:52 │ 100.99 USD │ 2026-04-20 19:07:52 │',
    ],
  )
  t.is(run.stderr, 'Page 1 of 1, 2 baskets.\n')
})

test('--json has numbered pages, since the list has no address', async (t) => {
  const {db, url} = await createDatabase(t)
  await addBaskets(db)
  const flags = ['--all', '--page', '2', '--page-size', '2', '--json']

  const run = await runShop(['list-baskets', ...flags], {env: {DATABASE_URL: url}})

  t.deepEqual(JSON.parse(run.stdout), {
    count: 3,
    page: 2,
    page_count: 2,
    results: [
      {
        id: 1,
        user: 'anna\u001b[2J',
        status: 'ordered',
        items: 1,
        held: 0,
        expired: 0,
        next_expiry: null,
        total: '1.98',
        currency: 'USD',
        updated_at: '2026-04-19T19:07:52.250000Z',
      },
    ],
  })
})

test('--held and --user narrow the list down', async (t) => {
  const {db, url} = await createDatabase(t)
  await addBaskets(db)
  const env = {DATABASE_URL: url}
  const idsOf = async (...flags: string[]) => {
    const {stdout} = await runShop(['list-baskets', ...flags, '--json'], {env})
    return (JSON.parse(stdout) as {results: {id: number}[]}).results.map(({id}) => id)
  }

  t.deepEqual(await idsOf('--held'), [2])
  t.deepEqual(await idsOf('--user', 'anna\u001b[2J'), [3])
  t.deepEqual(await idsOf('--user', 'anna\u001b[2J', '--all'), [3, 1])
  t.deepEqual(await idsOf('--user', 'anna\u001b[2J', '--held'), [])
})

test('a shop without baskets gets a note and no table', async (t) => {
  const {url} = await createDatabase(t)

  const run = await runShop(['list-baskets'], {env: {DATABASE_URL: url}})

  t.deepEqual(run, {exitCode: 0, stdout: '', stderr: 'No baskets.\n'})
})

test('an unknown user and a page beyond the last one are refused', async (t) => {
  const {url} = await createDatabase(t)
  const env = {DATABASE_URL: url}

  const user = await runShop(['list-baskets', '--user', 'no\u001b[2J'], {env})
  const page = await runShop(['list-baskets', '--page', '2', '--json'], {env})

  t.deepEqual([user.exitCode, page.exitCode], [1, 1])
  t.true(user.stderr.startsWith('Error: There is no user "no\\u001b[2J".'))
  t.like(JSON.parse(page.stdout).error, {code: 'invalid_page', page_count: 1})
})
