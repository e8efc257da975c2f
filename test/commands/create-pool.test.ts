import test from 'ava'

import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'

test('creates a stock pool, but not twice', async (t) => {
  const {db, url} = await createDatabase(t)

  const first = await runShop(['create-pool', 'east'], {env: {DATABASE_URL: url}})
  const second = await runShop(['create-pool', 'east'], {env: {DATABASE_URL: url}})

  t.deepEqual(first, {exitCode: 0, stdout: 'Created stock pool east.\n', stderr: ''})
  t.deepEqual(second, {
    exitCode: 1,
    stdout: '',
    stderr: 'Error: The stock pool name "east" is already taken.\n',
  })
  t.deepEqual(await db('stock_pools').orderBy('id').pluck('name'), ['default', 'east'])
})

test('--json is the stock pool, or the error code', async (t) => {
  const {url} = await createDatabase(t)

  const made = await runShop(['create-pool', 'Shelf 4', '--json'], {env: {DATABASE_URL: url}})
  const taken = await runShop(['create-pool', 'default', '--json'], {env: {DATABASE_URL: url}})
  const bad = await runShop(['create-pool', 'x'.repeat(101), '--json'], {env: {DATABASE_URL: url}})

  t.deepEqual(JSON.parse(made.stdout), {id: 2, name: 'Shelf 4'})
  t.deepEqual([taken.exitCode, JSON.parse(taken.stdout).error.code], [1, 'pool_name_taken'])
  t.deepEqual([bad.exitCode, JSON.parse(bad.stdout).error.code], [1, 'invalid_pool'])
})

test('an empty name is refused; a missing name is wrong usage without a terminal', async (t) => {
  const {url} = await createDatabase(t)

  const empty = await runShop(['create-pool', ''], {env: {DATABASE_URL: url}})
  const none = await runShop(['create-pool'], {input: 'east\n'})

  t.is(empty.exitCode, 1)
  t.regex(empty.stderr, /1 to 100 characters/)
  t.is(none.exitCode, 2)
  t.regex(none.stderr, /NAME/)
})
