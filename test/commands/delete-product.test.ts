import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {ProductInUseError} from '../../src/errors.ts'
import {audit} from '../../src/services/audit.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {deleteProduct} from '../../src/services/products/delete-product.ts'
import {setPrice} from '../../src/services/products/prices.ts'
import {adjustStock} from '../../src/services/stock/adjust.ts'
import {createPool} from '../../src/services/stock/pools.ts'
import {change, decideJobs, setItem} from '../helpers/baskets.ts'
import {auditListings, listAll} from '../helpers/catalogue.ts'
import {Product} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {placeAndHold} from '../helpers/place-and-hold.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addStock, addUser, usdOrder} from '../helpers/shop.ts'
import {enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'
import {untilWaiting} from '../helpers/until.ts'

async function setUp(t: ExecutionContext): Promise<{db: Knex; env: Record<string, string>}> {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice'})
  await addProduct(db, {id: 7, name: 'Tea'})
  return {db, env: {DATABASE_URL: url}}
}

test('deletes a product with its prices, its stock and the movements of its load, and takes it off the list', async (t) => {
  const {db, env} = await setUp(t)
  const {id: poolId} = await createPool(db, 'east')
  await addStock(db, {productId: 6, poolId, quantity: 3})
  await setPrice(db, {productId: 6, currency: 'EUR', amount: 5, effectiveFrom: '2999-01-01T00:00:00Z'})
  t.is((await listAll(db)).length, 2)
  const shown = await runShop(['show-product', '6', '--json'], {env})

  const run = await runShop(['delete-product', 'rice', '--yes', '--json'], {env})

  t.is(run.exitCode, 0)
  t.deepEqual(Product.parse(JSON.parse(run.stdout)), JSON.parse(shown.stdout))
  t.deepEqual(
    (await listAll(db)).map(({id}) => id),
    [7],
  )
  for (const table of ['product_prices', 'stock_levels', 'stock_movements']) {
    t.deepEqual(await db(table).distinct().pluck('product_id'), [7])
  }
  t.deepEqual(await auditListings(db), [])
  t.deepEqual((await audit(db)).findings, [])
  await t.throwsAsync(db('stock_movements').delete(), {message: /append-only/})
})

const isInUse = test.macro<[string, (db: Knex) => Promise<unknown>, RegExp]>({
  async exec(t, _, use, message) {
    const {db, env} = await setUp(t)
    await use(db)

    const text = await runShop(['delete-product', '6', '--yes'], {env})
    const json = await runShop(['delete-product', '6', '--yes', '--json'], {env})

    t.deepEqual([text.exitCode, text.stdout], [1, ''])
    t.regex(text.stderr, message)
    t.regex(text.stderr, /\nTo stop selling it, run: shop update-product 6 --disable\n$/)
    t.is(JSON.parse(json.stdout).error.code, 'product_in_use')
    t.is((await db('products').where({id: 6})).length, 1)
  },
  title: (_, what) => `a product with ${what} stays`,
})

const order = async (db: Knex) => placeOrder(db, usdOrder(await addUser(db), [{productId: 6, quantity: 1}]))
test(isInUse, 'an order', order, /: there are orders and stock movements of it\./)
test(
  isInUse,
  'an adjustment',
  async (db) => adjustStock(db, {productId: 6, pool: 'default', change: {by: 1}}),
  /there are stock movements of it/,
)
test(isInUse, 'a basket', async (db) => decideJobs(db, [setItem(await addUser(db), 6, 1)]), /there are baskets of it/)

test('an order that is being placed keeps its product; one that comes later finds none', async (t) => {
  const {db} = await setUp(t)
  const userId = await addUser(db)
  const held = await placeAndHold(db, [usdOrder(userId, [{productId: 6, quantity: 1}])])

  const deleted = deleteProduct(db, 6)
  await untilWaiting(db)
  await held.commit()
  await t.throwsAsync(deleted, {instanceOf: ProductInUseError})

  await deleteProduct(db, 7)
  await t.throwsAsync(placeOrder(db, usdOrder(userId, [{productId: 7, quantity: 1}])), {
    message: /Product 7 does not exist/,
  })
  t.deepEqual((await audit(db)).findings, [])
})

test('when additions to baskets race the deletion, either wins and the books are right', async (t) => {
  const {db} = await setUp(t)
  for (let id = 100; id < 110; id++) {
    await addProduct(db, {id})
    const userId = await addUser(db)
    const [deleted, [added]] = await Promise.all([
      deleteProduct(db, id).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ProductInUseError) return false
          throw error
        },
      ),
      decideJobs(db, [change(userId, {kind: 'add', items: [{productId: id, quantity: 1}]})]),
    ])
    t.is(deleted, added?.status !== 'changed', `product ${id}`)
  }
  t.deepEqual((await audit(db)).findings, [])
})

test('an unknown product is refused; a missing one, or a missing --yes without a terminal, is wrong usage', async (t) => {
  const {env} = await setUp(t)

  const unknown = await runShop(['delete-product', '9', '--yes'], {env})
  const none = await runShop(['delete-product', '--yes'], {input: '6\n'})
  const unconfirmed = await runShop(['delete-product', '6'], {input: 'y\n'})
  const neither = await runShop(['delete-product'])

  t.deepEqual(
    [unknown, none, unconfirmed, neither].map(({exitCode}) => exitCode),
    [1, 2, 2, 2],
  )
  t.regex(none.stderr, /Pass PRODUCT to delete a product\./)
  t.regex(unconfirmed.stderr, /Pass --yes to delete a product\./)
  t.regex(neither.stderr, /Pass PRODUCT and --yes to delete a product\./)
})

const inTerminal = hasTerminal ? test : test.skip

inTerminal(
  'asks before it deletes and before it creates a namesake; No changes nothing and is no failure',
  async (t) => {
    const {db, env} = await setUp(t)

    const deletion = openTerminal(t, ['delete-product', '6'], env)
    const creation = openTerminal(t, ['create-product', 'rice', '--price', '1'], env)
    await deletion.see('Delete product 6, Rice?')
    deletion.type(enter)
    await deletion.see('Nothing was deleted.')
    await creation.see('The shop already has "Rice" (6).')
    await creation.see('Create another product of that name?')
    creation.type(enter)
    await creation.see('Nothing was created.')

    t.deepEqual(await Promise.all([deletion.exitCode, creation.exitCode]), [0, 0])
    t.deepEqual(await db('products').orderBy('id').pluck('id'), [6, 7])
  },
)
