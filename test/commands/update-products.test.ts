import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {createPool} from '../../src/services/stock/pools.ts'
import {ProductUpdate} from '../helpers/cli-json/product-updates.ts'
import {createDatabase} from '../helpers/database.ts'
import {contents} from '../helpers/fixtures.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {addProduct} from '../helpers/shop.ts'
import {ctrlC, enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'
import {until} from '../helpers/until.ts'

const inTerminal = hasTerminal ? test : test.skip

const csv =
  'id,name,sku,max_per_order,enabled,price,price:EUR,stock,stock:east,effective_from\n' +
  '6,Basmati,B-1,3,no,12.50,,4,2,\n' +
  '7,Tea,,,,,5,,,2999-01-01\n' +
  '8,,,,,,,,,\n'

async function setUp(t: ExecutionContext): Promise<{db: Knex; env: {DATABASE_URL: string}}> {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice\u001b[2J', stock: 10})
  await addProduct(db, {id: 7, name: 'Tea'})
  await addProduct(db, {id: 8, name: 'Salt'})
  await createPool(db, 'east')
  return {db, env: {DATABASE_URL: url}}
}

test('--dry-run prints what would change, line by line, and changes nothing', async (t) => {
  const {db, env} = await setUp(t)
  const before = await contents(db)

  const run = await runShop(['update-products', '-', '--dry-run'], {env, input: csv})

  t.deepEqual(run, {
    exitCode: 0,
    stdout:
      'line 2: product 6, Rice\\u001b[2J: name "Rice\\u001b[2J" -> "Basmati", SKU none -> "B-1", disabled, ' +
      'at most per order any -> 3, price USD 10.00 -> 12.50, stock default 10 -> 4, stock east none -> 2\n' +
      'line 3: product 7, Tea: price EUR none -> 5.00 from 2999-01-01 00:00:00 UTC\n' +
      'Would update 2 of 3 products: 1 name, 1 SKU, 1 product enabled or disabled, 1 limit per order, 2 prices, ' +
      '2 stock levels.\n',
    stderr: '',
  })
  t.deepEqual(await contents(db), before)
})

test('without a terminal, updates at once, and the second time there is nothing to do', async (t) => {
  const {db, env} = await setUp(t)

  const json = await runShop(['update-products', '-', '--reason', 'autumn', '--json'], {env, input: csv})
  const again = await runShop(['update-products', '-'], {env, input: csv})

  t.is(json.stderr, '')
  const result = ProductUpdate.parse(JSON.parse(json.stdout))
  t.like(result, {applied: true, by: 'id', lines: 3, changed: 2})
  t.is(result.changes[0]?.changes.length, 7)
  t.deepEqual(result.changes[1], {
    record: 'line 3',
    product_id: 7,
    name: 'Tea',
    changes: [
      {
        field: 'price',
        currency: 'EUR',
        pool: null,
        effective_from: '2999-01-01T00:00:00.000000Z',
        from: null,
        to: '5.00',
      },
    ],
  })
  t.is(again.stdout, 'Nothing to do: all 3 products are already like that.\n')
  t.deepEqual(await db('stock_movements').where({reason: 'adjust'}).distinct().pluck('note'), ['autumn'])
})

test('refusals name the lines, in JSON too, and nothing changes', async (t) => {
  const {db, env} = await setUp(t)
  const before = await contents(db)
  const input = 'id,stock\n6,3\n9,3\n6,4\n'

  const text = await runShop(['update-products', '-'], {env, input})
  const json = await runShop(['update-products', '-', '--json'], {env, input})

  t.deepEqual(text, {
    exitCode: 1,
    stdout: '',
    stderr:
      'Error: No product was updated; nothing was changed.\n' +
      '  line 3: there is no product 9\n' +
      '  line 4: is about product 6, as is line 2\n',
  })
  t.like(JSON.parse(json.stdout).error, {code: 'invalid_update', problem_count: 2})
  t.deepEqual(await contents(db), before)
})

test('a missing file, an unknown key or no FILE is wrong usage', async (t) => {
  for (const args of [['/nowhere/a.csv'], ['-', '--by', 'price'], [], ['-', '--currency', 'X']]) {
    t.is((await runShop(['update-products', ...args])).exitCode, 2)
  }
})

async function writeCsv(t: ExecutionContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'update-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  await writeFile(join(folder, 'a.csv'), text)
  return join(folder, 'a.csv')
}

inTerminal('a terminal shows the first changes, and asks', async (t) => {
  const {db, env} = await setUp(t)
  const file = await writeCsv(t, csv)
  const before = await contents(db)

  const declined = openTerminal(t, ['update-products', file], env)
  await declined.see('line 3: product 7, Tea: price EUR none -> 5.00')
  await declined.see('Change 2 of 3 products (1 name')
  declined.type(enter)
  await declined.see('Nothing was changed.')
  t.is(await declined.exitCode, 0)

  const stopped = openTerminal(t, ['update-products', file], env)
  await stopped.see('Change 2 of 3 products (1 name')
  stopped.type(ctrlC)
  await stopped.see('Stopped. Nothing was changed.')
  t.is(await stopped.exitCode, 130)
  t.deepEqual(await contents(db), before)

  const accepted = openTerminal(t, ['update-products', file], env)
  await accepted.see('Change 2 of 3 products (1 name')
  accepted.type(`y${enter}`)
  await accepted.see('Updated 2 of 3 products')
  t.is(await accepted.exitCode, 0)
  t.is((await db('products').where({sku: 'B-1'})).length, 1)
})

test('SIGINT stops an update that waits for a lock, and SIGTERM one that reads', async (t) => {
  const {db, env} = await setUp(t)
  const before = await contents(db)
  const start = () => {
    const child = spawn(process.execPath, [bin, 'update-products', '-'], {env: shopEnvironment(env)})
    t.teardown(() => child.kill('SIGKILL'))
    const stderr: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
    return {child, stderr, closed: once(child, 'close')}
  }
  const other = await db.transaction()
  await other('stock_levels').forUpdate()

  const waiting = start()
  waiting.child.stdin.end('id,stock\n6,3\n')
  await until(async () => isAt(db, `wait_event_type = 'Lock'`))
  const reading = start()
  reading.child.stdin.write('id,stock\n6,3\n')
  await until(async () => isAt(db, `state = 'idle in transaction' and query like '%set_config%defer%'`))
  for (const {child, stderr, closed} of [waiting, reading]) {
    child.kill(child === waiting.child ? 'SIGINT' : 'SIGTERM')
    t.deepEqual(await closed, [130, null])
    t.is(stderr.join(''), 'Stopped. Nothing was changed.\n')
  }
  await other.commit()

  t.deepEqual(await contents(db), before)
})

async function isAt(db: Knex, condition: string): Promise<boolean> {
  const {rows} = await db.raw<{rows: unknown[]}>(
    `select from pg_stat_activity where datname = current_database() and ${condition}`,
  )
  return rows.length > 0
}
