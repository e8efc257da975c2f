import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {OutOfStockError, TooLittleStockError} from '../../src/errors.ts'
import {audit} from '../../src/services/audit.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {adjustStock, maxOnHand} from '../../src/services/stock/adjust.ts'
import {moveStock} from '../../src/services/stock/move.ts'
import {createPool} from '../../src/services/stock/pools.ts'
import {decideJobs, expireHolds, setItem} from '../helpers/baskets.ts'
import {listAll} from '../helpers/catalogue.ts'
import {MovedStock} from '../helpers/cli-json/stock.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addStock, addUser, stockOf, usdOrder} from '../helpers/shop.ts'

async function setUp(t: ExecutionContext): Promise<{db: Knex; env: Record<string, string>; eastId: number}> {
  const {db, url} = await createDatabase(t, {poolSize: 12})
  await addProduct(db, {id: 6, name: 'Rice'})
  const {id: eastId} = await createPool(db, 'east')
  return {db, env: {DATABASE_URL: url, SHOP_OPERATOR: 'anna'}, eastId}
}

async function levels(db: Knex): Promise<number[]> {
  return db('stock_levels').where({product_id: 6}).orderBy('pool_id').pluck('on_hand')
}

test('moves stock with a movement for either pool, and the product stays listed', async (t) => {
  const {db, env} = await setUp(t)

  const text = await runShop(['move-stock', 'rice', '4', '--from', 'default', '--to', 'east'], {env})
  const args = ['move-stock', '6', '6', '--from', 'default', '--to', 'east', '--reason', 'fair', '--json']
  const json = await runShop(args, {env})

  t.deepEqual(text, {
    exitCode: 0,
    stdout: 'Moved 4 of product 6 from stock pool default to east.\n  default: 10 -> 6\n  east: 0 -> 4\n',
    stderr: '',
  })
  t.deepEqual(MovedStock.parse(JSON.parse(json.stdout)), {
    product_id: 6,
    quantity: 6,
    from: {pool: 'default', before: 6, after: 0},
    to: {pool: 'east', before: 4, after: 10},
  })
  t.deepEqual(await levels(db), [0, 10])
  const moves = await db('stock_movements').where({reason: 'move'}).orderBy('id').select('delta', 'operator', 'note')
  t.deepEqual(moves, [
    {delta: -4, operator: 'anna', note: null},
    {delta: 4, operator: 'anna', note: null},
    {delta: -6, operator: 'anna', note: 'fair'},
    {delta: 6, operator: 'anna', note: 'fair'},
  ])
  t.like(await listAll(db), [{id: 6, quantityInStock: 10}])
  t.deepEqual((await audit(db)).findings, [])
})

test('leaves what baskets hold, but not what they held for too long', async (t) => {
  const {db, env} = await setUp(t)
  await decideJobs(db, [setItem(await addUser(db), 6, 3)])
  const move = async (quantity: number) =>
    runShop(['move-stock', '6', String(quantity), '--from', 'default', '--to', 'east'], {env})

  const tooMany = await move(8)
  t.is(tooMany.exitCode, 1)
  t.regex(tooMany.stderr, /10 of product 6, 3 of them held by baskets: at most 7 .*\nMove at most 7\. .*release-holds/)
  t.is((await move(7)).exitCode, 0)
  await expireHolds(db, 1)
  t.is((await move(3)).exitCode, 0)

  t.deepEqual(await levels(db), [0, 10])
  t.deepEqual((await audit(db)).findings, [])
})

const isRefused = test.macro<[string[], string, RegExp]>({
  async exec(t, args, code, message) {
    const {db, env, eastId} = await setUp(t)
    await addStock(db, {productId: 6, poolId: eastId, quantity: maxOnHand})

    const text = await runShop(['move-stock', ...args], {env})
    const json = await runShop(['move-stock', ...args, '--json'], {env})

    t.deepEqual([text.exitCode, text.stdout], [1, ''])
    t.regex(text.stderr, message)
    t.deepEqual([json.exitCode, JSON.parse(json.stdout).error.code], [1, code])
    t.deepEqual(await levels(db), [10, maxOnHand])
  },
  title: (_, args) => `move-stock ${args.join(' ')} is refused`,
})

test(isRefused, ['6', '11', '--from', 'default', '--to', 'east'], 'too_little_stock', /default has 10 .* at most 10/)
test(
  isRefused,
  ['6', '1', '--from', 'default', '--to', 'east'],
  'too_much_stock',
  /east has 1000000000000 of product 6/,
)
test(isRefused, ['6', '1', '--from', 'east', '--to', 'east'], 'invalid_pool', /from the stock pool east to itself/)
test(isRefused, ['6', '1', '--from', 'west', '--to', 'east'], 'unknown_pool', /no stock pool "west"/)
test(isRefused, ['9', '1', '--from', 'default', '--to', 'east'], 'unknown_product', /no product 9/)

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['move-stock', ...args], {input: '6\n'})

    t.deepEqual([run.exitCode, run.stdout], [2, ''])
    t.regex(run.stderr, message)
  },
  title: (_, args) => `${['move-stock', ...args].join(' ')} is wrong usage`,
})

test(isWrongUsage, [], /Pass PRODUCT, QUANTITY, --from and --to\./)
test(isWrongUsage, ['6', '1'], /Pass --from and --to\./)
for (const quantity of ['0', '-1', '1.5', 'all', '1000000000001']) {
  test(isWrongUsage, ['--from', 'a', '--to', 'b', '--', '6', quantity], /is not a valid quantity/)
}

test('when moves in both directions race orders and adjustments, nothing is oversold, lost or deadlocked', async (t) => {
  const {db} = await setUp(t)
  const userId = await addUser(db)
  const runs = {moved: 0, sold: 0, added: 0}
  const goesOn = (): boolean => runs.moved < 40

  const mover = async (from: string, to: string) => {
    for (let n = 0; goesOn(); n++) {
      const move = moveStock(db, {productId: 6, quantity: 1 + (n % 5), from, to}, {name: 'anna'})
      await move.then(
        () => runs.moved++,
        (error: unknown) => t.true(error instanceof TooLittleStockError),
      )
    }
  }
  const buyer = async () => {
    while (goesOn()) {
      const order = placeOrder(db, usdOrder(userId, [{productId: 6, quantity: 1}]))
      await order.then(
        () => runs.sold++,
        (error: unknown) => t.true(error instanceof OutOfStockError),
      )
    }
  }
  const supplier = async () => {
    for (let n = 0; goesOn(); n++) {
      await adjustStock(db, {productId: 6, pool: n % 2 ? 'east' : 'default', change: {by: 5}})
      runs.added += 5
    }
  }
  await Promise.all([
    ...[mover('default', 'east'), mover('east', 'default'), mover('default', 'east')],
    ...[buyer(), buyer(), buyer(), supplier()],
  ])

  t.is(await stockOf(db, 6), 10 + runs.added - runs.sold)
  t.true(runs.sold > 0)
  t.deepEqual((await audit(db)).findings, [])
})
