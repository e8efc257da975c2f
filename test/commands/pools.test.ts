import test from 'ava'

import {UnknownPoolError} from '../../src/errors.ts'
import {audit} from '../../src/services/audit.ts'
import {adjustStock} from '../../src/services/stock/adjust.ts'
import {createPool, deletePool, renamePool} from '../../src/services/stock/pools.ts'
import {decideJobs, setItem} from '../helpers/baskets.ts'
import {Pool, PoolPage} from '../helpers/cli-json/stock.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addStock, addUser} from '../helpers/shop.ts'
import {enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'

test('list-pools shows what is in each, and has pages', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const {id: poolId} = await createPool(db, 'east\u001b[2J')
  await createPool(db, 'west')
  for (const id of [6, 7]) await addProduct(db, {id})
  await addStock(db, {productId: 6, poolId, quantity: 0})
  await decideJobs(db, [setItem(await addUser(db), 6, 3)])

  const table = await runShop(['list-pools'], {env})
  const page = await runShop(['list-pools', '--page', '2', '--page-size', '2', '--json'], {env})

  t.deepEqual(
    table.stdout.split('\n').filter((line) => line.startsWith('│')),
    [
      '│ Pool          │ Products │ On hand │ Held │ Free │',
      '│ default       │        2 │      20 │    3 │   17 │',
      '│ east\\u001b[2J │        0 │       0 │    0 │    0 │',
      '│ west          │        0 │       0 │    0 │    0 │',
    ],
  )
  t.is(table.stderr, 'Page 1 of 1, 3 stock pools.\n')
  t.deepEqual(PoolPage.parse(JSON.parse(page.stdout)), {
    count: 3,
    page: 2,
    page_count: 2,
    results: [{id: 3, name: 'west', products: 0, on_hand: 0, reserved: 0, free: 0}],
  })
})

test('rename-pool keeps the stock and its movements', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await createPool(db, 'east')
  await addProduct(db, {id: 6, stock: 0})
  await adjustStock(db, {productId: 6, pool: 'east', change: {to: 3}})

  const text = await runShop(['rename-pool', 'east', 'Warehouse 4'], {env})
  const json = await runShop(['rename-pool', 'Warehouse 4', 'west', '--json'], {env})

  t.deepEqual(text, {exitCode: 0, stdout: 'Renamed stock pool east to Warehouse 4.\n', stderr: ''})
  t.deepEqual(Pool.parse(JSON.parse(json.stdout)), {id: 2, name: 'west'})
  t.is((await adjustStock(db, {productId: 6, pool: 'west', change: {by: 1}})).after, 4)
  t.deepEqual((await audit(db)).findings, [])
})

test('delete-pool deletes a pool that never had stock, also one with empty levels', async (t) => {
  const {db, url} = await createDatabase(t)
  const {id: poolId} = await createPool(db, 'east')
  await addStock(db, {productId: await addProduct(db), poolId, quantity: 0})

  const run = await runShop(['delete-pool', 'east', '--yes', '--json'], {env: {DATABASE_URL: url}})

  t.deepEqual(Pool.parse(JSON.parse(run.stdout)), {id: 2, name: 'east'})
  t.deepEqual(await db('stock_pools').pluck('name'), ['default'])
  t.deepEqual(await db('stock_levels').pluck('pool_id'), [1])
})

const isRefused = test.macro<[string[], string, RegExp]>({
  async exec(t, args, code, message) {
    const {db, url} = await createDatabase(t)
    const productId = await addProduct(db, {id: 6})
    for (const pool of ['full', 'used']) {
      await createPool(db, pool)
      await adjustStock(db, {productId, pool, change: {to: 1}})
    }
    await adjustStock(db, {productId, pool: 'used', change: {to: 0}})
    const before = await db('stock_pools').orderBy('id')

    const text = await runShop(args, {env: {DATABASE_URL: url}})
    const json = await runShop([...args, '--json'], {env: {DATABASE_URL: url}})

    t.deepEqual([text.exitCode, text.stdout], [1, ''])
    t.regex(text.stderr, message)
    t.deepEqual([json.exitCode, JSON.parse(json.stdout).error.code], [1, code])
    t.deepEqual(await db('stock_pools').orderBy('id'), before)
  },
  title: (_, args) => `${args.join(' ').slice(0, 60)} is refused`,
})

test(isRefused, ['delete-pool', 'full', '--yes'], 'pool_in_use', /it has 1 unit of stock\.\n.*shop move-stock/)
test(isRefused, ['delete-pool', 'used', '--yes'], 'pool_in_use', /the ledger has movements of it.*\n.*shop rename-pool/)
test(isRefused, ['delete-pool', 'default', '--yes'], 'default_pool', /default cannot be renamed or deleted, because/)
test(isRefused, ['delete-pool', 'east', '--yes'], 'unknown_pool', /no stock pool "east"/)
test(isRefused, ['rename-pool', 'default', 'main'], 'default_pool', /default cannot be renamed or deleted, because/)
test(isRefused, ['rename-pool', 'full', 'used'], 'pool_name_taken', /"used" is already taken/)
test(isRefused, ['rename-pool', 'full', ' '], 'invalid_pool', /1 to 100 characters/)
test(isRefused, ['rename-pool', 'full', 'x'.repeat(101)], 'invalid_pool', /1 to 100 characters/)
test(isRefused, ['rename-pool', 'east', 'west'], 'unknown_pool', /no stock pool "east"/)

test('missing names, and a missing --yes without a terminal, are wrong usage', async (t) => {
  const names = await runShop(['rename-pool'], {input: 'east\n'})
  const name = await runShop(['delete-pool', '--yes'], {input: 'east\n'})
  const unconfirmed = await runShop(['delete-pool', 'east'], {input: 'y\n'})

  t.deepEqual([names.exitCode, name.exitCode, unconfirmed.exitCode], [2, 2, 2])
  t.regex(names.stderr, /Pass NAME and NEWNAME\./)
  t.regex(unconfirmed.stderr, /Pass --yes/)
})

test('when adjustments, renames and deletions race for a pool, stock never gets into one that is gone', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db)
  for (let n = 0; n < 10; n++) {
    await createPool(db, 'east')
    const outcomes = await Promise.allSettled([
      adjustStock(db, {productId, pool: 'east', change: {by: 1}}),
      deletePool(db, 'east'),
      renamePool(db, 'east', `pool ${n}`),
      deletePool(db, 'east'),
    ])
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue
      const {code} = outcome.reason as {code: string}
      t.true(outcome.reason instanceof UnknownPoolError || code === 'pool_in_use')
    }
    t.true(outcomes.some(({status}) => status === 'fulfilled'))
    await db('stock_pools')
      .where({name: 'east'})
      .update({name: `east ${n}`})
  }
  t.deepEqual((await audit(db)).findings, [])
})

const inTerminal = hasTerminal ? test : test.skip

inTerminal(
  'delete-pool and a change of more than a hundredfold ask; No changes nothing and is no failure',
  async (t) => {
    const {db, url} = await createDatabase(t)
    const env = {DATABASE_URL: url}
    await createPool(db, 'east')
    await addProduct(db, {id: 6, stock: 10})

    const deletion = openTerminal(t, ['delete-pool', 'east'], env)
    const change = openTerminal(t, ['adjust-stock', '6', '--to', '99999'], env)
    await deletion.see('Delete stock pool east?')
    deletion.type(enter)
    await deletion.see('Nothing was deleted.')
    await change.see('Change 10 to 99999, more than a hundredfold?')
    change.type(enter)
    await change.see('Nothing was changed.')
    t.deepEqual(await Promise.all([deletion.exitCode, change.exitCode]), [0, 0])
    t.deepEqual(await db('stock_levels').pluck('on_hand'), [10])

    const meant = openTerminal(t, ['adjust-stock', '6', '--to', '99999'], env)
    await meant.see('more than a hundredfold?')
    meant.type(`y${enter}`)
    await meant.see('10 -> 99999.')
    t.is(await meant.exitCode, 0)
  },
)
