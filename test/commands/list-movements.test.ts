import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {setTimeout as delay} from 'node:timers/promises'

import test from 'ava'
import type {Knex} from 'knex'

import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {adjustStock} from '../../src/services/stock/adjust.ts'
import {createPool} from '../../src/services/stock/pools.ts'
import {Movement} from '../helpers/cli-json/movements.ts'
import {keysetPageOf} from '../helpers/cli-json/page.ts'
import {createDatabase} from '../helpers/database.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {addProduct, addUser, usdOrder} from '../helpers/shop.ts'
import {untilWaiting} from '../helpers/until.ts'

/** Movements 1 to 6: two loads, an adjustment in the pool east, an order of both products, and its cancellation below. */
async function fill(db: Knex): Promise<void> {
  const [rice, tea] = [await addProduct(db, {name: 'Rice', stock: 10}), await addProduct(db, {name: 'Tea', stock: 5})]
  await createPool(db, 'east')
  const operator = {name: 'olga', note: '=counted'}
  await adjustStock(db, {productId: rice, pool: 'east', change: {to: 3}}, operator)
  const items = [
    {productId: rice, quantity: 2},
    {productId: tea, quantity: 1},
  ]
  await placeOrder(db, usdOrder(await addUser(db, 'matt'), items))
}

test('lists movements with operator and note, newest first, by product, order, pool and time', async (t) => {
  const {db, url} = await createDatabase(t)
  await fill(db)
  const env = {DATABASE_URL: url, SHOP_OPERATOR: 'ben'}
  await runShop(['cancel-order', '1', '--yes', '--reason', 'too late'], {env})
  const list = async (...args: string[]) => {
    const {stdout} = await runShop(['list-movements', ...args, '--json'], {env})
    return keysetPageOf(Movement).parse(JSON.parse(stdout)).results
  }
  const ids = async (...args: string[]) => (await list(...args)).map(({id}) => id)

  const {stdout, stderr} = await runShop(['list-movements', 'Rice'], {env})

  t.is(stderr, '4 movements.\n')
  t.deepEqual(
    stdout
      .replaceAll(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/g, 'time')
      .split('\n')
      .filter((line) => line.startsWith('│')),
    [
      '│ Moved (UTC)         │ Product │ Pool    │ Reason │ Order │ Stock │ By             │',
      '│ time │ 1: Rice │ default │ cancel │     1 │    +2 │ ben: too late  │',
      '│ time │ 1: Rice │ default │ order  │     1 │    -2 │                │',
      '│ time │ 1: Rice │ east    │ adjust │       │    +3 │ olga: =counted │',
      '│ time │ 1: Rice │ default │ load   │       │   +10 │                │',
    ],
  )
  t.deepEqual(await ids(), [7, 6, 5, 4, 3, 2, 1])
  t.deepEqual(await ids('2'), [7, 5, 2])
  t.deepEqual(await ids('--order', '1'), [7, 6, 5, 4])
  t.deepEqual(await ids('--pool', 'east'), [3])
  t.deepEqual(await ids('1', '--pool', 'default', '--order', '1'), [6, 4])
  const [adjusted] = await list('--pool', 'east')
  t.deepEqual(await ids('--to', adjusted?.created_at ?? ''), [2, 1])
  t.deepEqual(await ids('--from', adjusted?.created_at ?? '', '--page-size', '2'), [7, 6])
})

test('--csv prints all movements, and defuses formulas', async (t) => {
  const {db, url} = await createDatabase(t)
  await fill(db)

  const {exitCode, stdout} = await runShop(['list-movements', '1', '--csv'], {env: {DATABASE_URL: url}})

  t.is(exitCode, 0)
  const lines = stdout.replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, 'time').split('\r\n')
  t.deepEqual(lines, [
    'movement_id,created_at,product_id,product,pool,delta,reason,order_id,operator,note',
    '4,time,1,Rice,default,-2,order,1,,',
    "3,time,1,Rice,east,3,adjust,,olga,'=counted",
    '1,time,1,Rice,default,10,load,,,',
    '',
  ])
})

test('--csv that waits for the database ends on SIGINT', async (t) => {
  const {db, url} = await createDatabase(t)
  const blocker = await db.transaction()
  await blocker.raw('lock table products in access exclusive mode')
  const env = shopEnvironment({DATABASE_URL: url})
  const child = spawn(process.execPath, [bin, 'list-movements', '1', '--csv'], {env})
  const exited = once(child, 'exit')
  await untilWaiting(db)

  child.kill('SIGINT')
  const exit = await Promise.race([exited, delay(10_000, 'still waiting', {ref: false})])

  child.kill('SIGKILL')
  await blocker.rollback()
  t.deepEqual(exit, [130, null])
})

test('a product, an order or a pool that does not exist is refused', async (t) => {
  const {db, url} = await createDatabase(t)
  await fill(db)
  const env = {DATABASE_URL: url}

  for (const args of [['7'], ['Salt'], ['--order', '7'], ['--pool', 'west']]) {
    t.is((await runShop(['list-movements', ...args], {env})).exitCode, 1, `shop ${args.join(' ')}`)
  }
  t.deepEqual(await runShop(['list-movements', '--to', '2020-01-01'], {env}), {
    exitCode: 0,
    stdout: '',
    stderr: 'No movements.\n',
  })
  for (const args of [
    ['--order', 'x'],
    ['--from', 'x'],
    ['--csv', '--json'],
    ['1', '2'],
  ]) {
    t.is((await runShop(['list-movements', ...args], {env})).exitCode, 2, `shop ${args.join(' ')}`)
  }
})

test('movements of place-order and load-fixture have the operator', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const env = {DATABASE_URL: url, SHOP_OPERATOR: 'ben'}
  await runShop(['load-fixture', '-', '--reason', 'from the supplier'], {
    env,
    input: 'name,price,stock\nRice,2.50,10\n',
  })

  await runShop(['place-order', '-u', 'matt', '--item', '1'], {env})
  // An order without a key and without rivals is placed by one statement, others by that of a batch.
  await adjustStock(db, {productId: 1, pool: 'default', change: {to: 1}})
  await createPool(db, 'east')
  await adjustStock(db, {productId: 1, pool: 'east', change: {to: 1}})
  await runShop(['place-order', '-u', 'matt', '--item', '1:2'], {env})

  const {rows} = await db.raw<{rows: object[]}>(
    `select delta::int, reason, operator, note from stock_movements where reason <> 'adjust' order by id`,
  )
  t.deepEqual(rows, [
    {delta: 10, reason: 'load', operator: 'ben', note: 'from the supplier'},
    {delta: -1, reason: 'order', operator: 'ben', note: null},
    {delta: -1, reason: 'order', operator: 'ben', note: null},
    {delta: -1, reason: 'order', operator: 'ben', note: null},
  ])
  const price = await db('product_prices').first('operator', 'note')
  t.deepEqual(price, {operator: 'ben', note: 'from the supplier'})
})
