import test from 'ava'

import {UnknownPoolError, UnknownProductError, InvalidPriceError, InvalidProductError} from '../../../../src/errors.ts'
import {audit} from '../../../../src/services/audit.ts'
import {cancelOrder} from '../../../../src/services/orders/cancel.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {setPrice} from '../../../../src/services/products/prices.ts'
import {findProductRecord} from '../../../../src/services/products/product-record.ts'
import {createProduct, findProduct, type NewProduct, updateProduct} from '../../../../src/services/products/products.ts'
import {adjustStock} from '../../../../src/services/stock/adjust.ts'
import type {Job} from '../../../../src/services/checkout/jobs.ts'
import {checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser, usdOrder} from '../../../helpers/shop.ts'

const rice: NewProduct = {
  name: 'Rice',
  enabled: true,
  price: {currency: 'USD', amount: 250},
  stock: {pool: 'default', quantity: 40},
}

test('a new product can be ordered, and its stock is in the ledger', async (t) => {
  const {db} = await createDatabase(t)

  const productId = await createProduct(db, rice)
  const {order} = await placeOrder(db, usdOrder(await addUser(db), [{productId, quantity: 40}]))

  t.is(order.total, 10_000)
  t.deepEqual((await audit(db)).findings, [])
})

test('a product created without stock has a stock level and no movement', async (t) => {
  const {db} = await createDatabase(t)

  const id = await createProduct(db, {...rice, enabled: false, stock: {pool: 'default', quantity: 0}})

  const product = await findProductRecord(db, id)
  t.like(product, {enabled: false, stock: [{pool: 'default', onHand: 0, reserved: 0, free: 0}], movements: []})
  t.deepEqual((await audit(db)).findings, [])
})

const isRefused = test.macro<[Partial<NewProduct>, new (...args: never[]) => Error, RegExp]>({
  async exec(t, product, instanceOf, message) {
    const {db} = await createDatabase(t)

    await t.throwsAsync(createProduct(db, {...rice, ...product}), {instanceOf, message})

    for (const table of ['products', 'product_prices', 'stock_levels', 'stock_movements'])
      t.deepEqual(await db(table), [])
  },
  title: (_, product) => `no product is created with ${JSON.stringify(product).slice(0, 60)}`,
})

test(isRefused, {name: ''}, InvalidProductError, /1 to 200 characters, not only spaces; this one has 0\./)
test(isRefused, {name: ' \t '}, InvalidProductError, /this one has 0\./)
test(isRefused, {name: 'x'.repeat(201)}, InvalidProductError, /this one has 201\./)
test(isRefused, {name: 'a\0b'}, InvalidProductError, /NUL character/)
test(isRefused, {name: 'a\ud800'}, InvalidProductError, /half of a surrogate pair/)
test(isRefused, {price: {currency: 'USD', amount: -1}}, InvalidPriceError, /must be 0\.00/)
test(isRefused, {price: {currency: 'XXX', amount: 1}}, InvalidPriceError, /not a currency/)
test(isRefused, {stock: {pool: 'default', quantity: -1}}, InvalidProductError, /from 0 to 1000000000000/)
test(isRefused, {stock: {pool: 'default', quantity: 1.5}}, InvalidProductError, /whole number/)
test(isRefused, {maxPerOrder: 0}, InvalidProductError, /in an order must be a positive whole number/)
test(isRefused, {maxPerOrder: 1.5}, InvalidProductError, /positive whole number/)
test(isRefused, {stock: {pool: 'east', quantity: 1}}, UnknownPoolError, /no stock pool "east"/)

test('a name has at most 200 characters, counted as PostgreSQL does and without surrounding spaces', async (t) => {
  const {db} = await createDatabase(t)
  const name = '\u{1f35a}'.repeat(200)

  const id = await createProduct(db, {...rice, name: `  ${name}\n`})

  t.deepEqual(await findProduct(db, id), {id, name, sku: null, enabled: true, maxPerOrder: null})
})

test('an update changes only the given properties', async (t) => {
  const {db} = await createDatabase(t)
  const id = await createProduct(db, rice)

  const basmati = {id, name: 'Basmati', sku: null, enabled: true, maxPerOrder: null}
  t.deepEqual(await updateProduct(db, id, {name: ' Basmati '}), basmati)
  t.deepEqual(await updateProduct(db, id, {maxPerOrder: 3}), {...basmati, maxPerOrder: 3})
  t.deepEqual(await updateProduct(db, id, {enabled: false}), {...basmati, enabled: false, maxPerOrder: 3})
  t.deepEqual(await updateProduct(db, id, {}), {...basmati, enabled: false, maxPerOrder: 3})
  t.deepEqual(await updateProduct(db, id, {maxPerOrder: null}), {...basmati, enabled: false})
  t.deepEqual(await updateProduct(db, id, {name: 'Rice', enabled: true}), {...basmati, name: 'Rice'})
})

test('updating an unknown product, or to an empty name, is refused', async (t) => {
  const {db} = await createDatabase(t)
  const id = await createProduct(db, rice)

  await t.throwsAsync(updateProduct(db, id + 1, {enabled: false}), {instanceOf: UnknownProductError})
  await t.throwsAsync(updateProduct(db, id, {name: ' ', enabled: false}), {instanceOf: InvalidProductError})
  await t.throwsAsync(updateProduct(db, id, {enabled: false, maxPerOrder: -1}), {instanceOf: InvalidProductError})
  await t.throwsAsync(findProduct(db, id + 1), {instanceOf: UnknownProductError})
  await t.throwsAsync(findProductRecord(db, id + 1), {instanceOf: UnknownProductError})

  t.deepEqual(await findProduct(db, id), {id, name: 'Rice', sku: null, enabled: true, maxPerOrder: null})
})

test('no order, basket or checkout has more of a product than its limit, which can be lifted', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await createProduct(db, {...rice, maxPerOrder: 2})
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const codesOf = async (...jobs: Job[]) => (await decideJobs(db, jobs)).map(codeOf)
  const order = (quantity: number) => usdOrder(anna, [{productId, quantity}])

  t.deepEqual(await codesOf(order(3)), ['quantity_limit'])
  t.deepEqual(await codesOf(order(3), order(2)), ['quantity_limit', 'placed'])
  t.deepEqual(await codesOf(setItem(ben, productId, 3), setItem(ben, productId, 2)), ['quantity_limit', 'changed'])
  await updateProduct(db, productId, {maxPerOrder: 1})
  t.deepEqual(await codesOf(checkout(ben)), ['quantity_limit'])
  await updateProduct(db, productId, {maxPerOrder: null})
  t.deepEqual(await codesOf(checkout(ben), order(3)), ['placed', 'placed'])

  t.deepEqual((await audit(db)).findings, [])
})

test('orders keep the name and the price at which they were placed', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await createProduct(db, rice)
  await placeOrder(db, usdOrder(await addUser(db), [{productId, quantity: 1}]))

  await updateProduct(db, productId, {name: 'Basmati'})
  await setPrice(db, {productId, currency: 'USD', amount: 999})

  t.deepEqual(await db('order_lines').select('product_name', 'unit_price'), [{product_name: 'Rice', unit_price: 250}])
})

test('a record has current prices, stock by stock pool, and the last ten movements', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {stock: 3})
  const id = await createProduct(db, rice)
  await createPool(db, 'east')
  await setPrice(db, {productId: id, currency: 'USD', amount: 300})
  await setPrice(db, {productId: id, currency: 'EUR', amount: 280})
  await setPrice(db, {productId: id, currency: 'JPY', amount: 9, effectiveFrom: '2999-01-01T00:00:00Z'})
  for (let n = 0; n < 6; n++) {
    await adjustStock(db, {productId: id, pool: 'default', change: {by: 1}})
    await adjustStock(db, {productId: id, pool: 'east', change: {by: 1}})
  }
  const {order} = await placeOrder(db, usdOrder(await addUser(db), [{productId: id, quantity: 2}]))
  await cancelOrder(db, {id: order.id})

  const {prices, stock, movements, ...product} = await findProductRecord(db, id)

  t.like(product, {id, name: 'Rice', enabled: true})
  t.deepEqual(
    prices.map(({currency, amount}) => [currency, amount]),
    [
      ['EUR', 280],
      ['USD', 300],
    ],
  )
  t.deepEqual(stock, [
    {pool: 'default', onHand: 46, reserved: 0, free: 46, nextExpiry: null},
    {pool: 'east', onHand: 6, reserved: 0, free: 6, nextExpiry: null},
  ])
  t.deepEqual(
    movements.map(({pool, delta, reason, orderId}) => [pool, delta, reason, orderId]),
    [
      ['default', 2, 'cancel', order.id],
      ['default', -2, 'order', order.id],
      ...Array.from({length: 8}, (_, n) => [n % 2 ? 'default' : 'east', 1, 'adjust', null]),
    ],
  )
})
