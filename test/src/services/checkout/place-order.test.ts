import test from 'ava'

import {
  OutOfStockError,
  InvalidOrderError,
  IdempotencyKeyReusedError,
  TotalMismatchError,
} from '../../../../src/errors.ts'
import {newOrder} from '../../../../src/services/checkout/new-order.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {setPrice} from '../../../../src/services/products/prices.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {pauseReadersOf} from '../../../helpers/pause.ts'
import {addProduct, addStock, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'

test('an order takes its stock and records names, prices and the total', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const rice = await addProduct(db, {name: 'Rice', stock: 12, price: 5000})
  const tea = await addProduct(db, {name: 'Tea', stock: 3, price: 250})

  const {order, isReplay} = await placeOrder(
    db,
    usdOrder(userId, [
      {productId: tea, quantity: 1},
      {productId: rice, quantity: 3},
    ]),
  )

  t.false(isReplay)
  t.is(order.total, 15_250)
  t.deepEqual(await db('orders').select('id', 'user_id', 'currency', 'total', 'status', 'is_imported'), [
    {id: order.id, user_id: userId, currency: 'USD', total: 15_250, status: 'placed', is_imported: false},
  ])
  t.deepEqual(
    await db('order_lines').orderBy('position').select('product_id', 'product_name', 'unit_price', 'quantity'),
    [
      {product_id: tea, product_name: 'Tea', unit_price: 250, quantity: 1},
      {product_id: rice, product_name: 'Rice', unit_price: 5000, quantity: 3},
    ],
  )
  t.is(await stockOf(db, rice), 9)
  t.is(await stockOf(db, tea), 2)
  t.deepEqual(
    await db('stock_movements')
      .where({reason: 'order'})
      .orderBy('product_id')
      .select('product_id', 'delta', 'order_id'),
    [
      {product_id: rice, delta: -3, order_id: order.id},
      {product_id: tea, delta: -1, order_id: order.id},
    ],
  )
})

test('two checkouts race for the last item: one wins, the other is out of stock', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 1})
  const order = () => usdOrder(userId, [{productId, quantity: 1}])

  const outcomes = await Promise.allSettled([placeOrder(db, order()), placeOrder(db, order())])

  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected')
  t.is(refusals.length, 1)
  t.true(refusals[0]?.reason instanceof OutOfStockError)
  t.is(await stockOf(db, productId), 0)
})

test('hundreds of crossed two-line orders all succeed', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 32})
  const userId = await addUser(db)
  const first = await addProduct(db, {stock: 1000})
  const second = await addProduct(db, {stock: 1000})
  const items = [
    {productId: first, quantity: 1},
    {productId: second, quantity: 1},
  ]

  await Promise.all(
    Array.from({length: 300}, async (_, n) =>
      placeOrder(db, usdOrder(userId, n % 2 === 0 ? items : [...items].reverse())),
    ),
  )

  t.is(await stockOf(db, first), 700)
  t.is(await stockOf(db, second), 700)
})

test('an order that asks for too much is refused as a whole, with the available stock of each product', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const scarce = await addProduct(db, {stock: 2})
  const ample = await addProduct(db, {stock: 50})

  const error = await t.throwsAsync(
    placeOrder(
      db,
      usdOrder(userId, [
        {productId: ample, quantity: 5},
        {productId: scarce, quantity: 3},
      ]),
    ),
    {instanceOf: OutOfStockError},
  )

  t.deepEqual(error.shortages, [{productId: scarce, requested: 3, available: 2}])
  t.is(await stockOf(db, ample), 50)
  t.deepEqual(await db('orders'), [])
})

test('an order is split over stock pools only if no single pool has enough', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 2})
  const [pool] = await db('stock_pools').insert({name: 'east'}).returning<{id: number}[]>('id')
  await addStock(db, {productId, poolId: pool?.id ?? 0, quantity: 5})

  await placeOrder(db, usdOrder(userId, [{productId, quantity: 4}]))
  t.deepEqual(await db('stock_levels').orderBy('pool_id').pluck('on_hand'), [2, 1])

  await placeOrder(db, usdOrder(userId, [{productId, quantity: 3}]))
  t.deepEqual(await db('stock_levels').orderBy('pool_id').pluck('on_hand'), [0, 0])
})

test('reserved stock cannot be ordered', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 5})
  await db('stock_levels').update({reserved: 4})

  await t.throwsAsync(placeOrder(db, usdOrder(userId, [{productId, quantity: 2}])), {instanceOf: OutOfStockError})
  await t.notThrowsAsync(placeOrder(db, usdOrder(userId, [{productId, quantity: 1}])))
})

test('unknown, disabled and unpriced products are refused by position', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const fine = await addProduct(db)
  const disabled = await addProduct(db, {enabled: false})
  const unpriced = await addProduct(db, {price: null})
  await db('product_prices').insert([
    {product_id: unpriced, currency: 'USD', amount: 100, effective_from: '2999-01-01'},
    {product_id: unpriced, currency: 'EUR', amount: 100},
  ])

  const error = await t.throwsAsync(
    placeOrder(
      db,
      usdOrder(
        userId,
        [fine, 999_999, disabled, unpriced].map((productId) => ({productId, quantity: 1})),
      ),
    ),
    {instanceOf: InvalidOrderError},
  )

  t.deepEqual(error.problems, [
    {position: 1, field: 'product_id', message: 'Product 999999 does not exist.'},
    {position: 2, field: 'product_id', message: `Product ${disabled} is not for sale.`},
    {position: 3, field: 'product_id', message: `Product ${unpriced} has no price in USD.`},
  ])
  t.deepEqual(await db('orders'), [])
})

test('the price is the latest that has taken effect', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {price: null})
  await db('product_prices').insert([
    {product_id: productId, currency: 'USD', amount: 100, effective_from: '2020-01-01'},
    {product_id: productId, currency: 'USD', amount: 300, effective_from: '2021-01-01'},
    {product_id: productId, currency: 'USD', amount: 200, effective_from: '2020-06-01'},
    {product_id: productId, currency: 'USD', amount: 900, effective_from: '2999-01-01'},
  ])

  const {order} = await placeOrder(db, usdOrder(userId, [{productId, quantity: 2}]))

  t.is(order.total, 600)
})

test('an order that began while the product was disabled, and its stock locked, is refused', async (t) => {
  const {db} = await createDatabase(t)
  const [userId, productId] = [await addUser(db), await addProduct(db)]
  const {untilPaused, goOn} = await pauseReadersOf(t, db, 'product_prices')
  const changer = await db.transaction()
  await changer('stock_levels').forUpdate().select()
  await changer('products').update({enabled: false})

  const placed = placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))
  await untilPaused()
  await changer.commit()
  await goOn()

  await t.throwsAsync(placed, {instanceOf: InvalidOrderError})
})

test('a total that is not a safe integer is refused', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 1_000_000, price: Number.MAX_SAFE_INTEGER})

  const error = await t.throwsAsync(placeOrder(db, usdOrder(userId, [{productId, quantity: 1_000_000}])), {
    instanceOf: InvalidOrderError,
  })

  t.regex(error.message, /too large/)
})

test('an order with an unexpected total is refused with both totals, and its key stays free', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 5, price: 250})
  const order = (expectedTotal: number) =>
    newOrder({userId, currency: 'USD', items: [{productId, quantity: 2}], expectedTotal, idempotencyKey: 'key'})

  const error = await t.throwsAsync(placeOrder(db, order(499)), {instanceOf: TotalMismatchError})
  t.deepEqual(error.mismatch, {expectedTotal: 499, total: 500, currency: 'USD'})
  t.is(error.message, 'The total is 5.00 USD, not 4.99. Nothing was ordered.')
  t.is(await stockOf(db, productId), 5)
  for (const table of ['orders', 'order_lines', 'idempotency_keys']) t.deepEqual(await db(table), [])

  t.like(await placeOrder(db, order(500)), {isReplay: false, order: {total: 500}})
})

test('a repeated request gets its order, whatever total it expects after a price change', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 5, price: 250})
  const order = (expected?: {expectedTotal: number}) =>
    newOrder({userId, currency: 'USD', items: [{productId, quantity: 2}], ...expected, idempotencyKey: 'key'})
  const placed = await placeOrder(db, order({expectedTotal: 500}))
  await setPrice(db, {productId, currency: 'USD', amount: 300})

  for (const repeat of [order({expectedTotal: 500}), order({expectedTotal: 600}), order()]) {
    t.deepEqual(await placeOrder(db, repeat), {order: placed.order, isReplay: true})
  }
  t.is(await stockOf(db, productId), 3)
})

test('out of stock is reported before a total mismatch', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 1})
  const order = newOrder({
    userId: await addUser(db),
    currency: 'USD',
    items: [{productId, quantity: 2}],
    expectedTotal: 1,
  })

  await t.throwsAsync(placeOrder(db, order), {instanceOf: OutOfStockError})
})

const refusesItems = test.macro<[{productId: number; quantity: number}[], RegExp]>({
  exec(t, items, message) {
    const error = t.throws(() => usdOrder(1, items), {instanceOf: InvalidOrderError})
    t.regex(error.message, message)
  },
  title: (title = '') => `refuses ${title}`,
})

test('an empty order', refusesItems, [], /At least one product/)
test('a quantity of 0', refusesItems, [{productId: 1, quantity: 0}], /greater than or equal to 1/)
test('a negative quantity', refusesItems, [{productId: 1, quantity: -1}], /greater than or equal to 1/)
test(
  'a product that comes twice',
  refusesItems,
  [
    {productId: 1, quantity: 1},
    {productId: 1, quantity: 2},
  ],
  /Duplicate product/,
)

test('50 simultaneous requests with one idempotency key place one order, and all get it', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 100})

  const placements = await Promise.all(
    Array.from({length: 50}, async () => placeOrder(db, usdOrder(userId, [{productId, quantity: 1}], 'click'))),
  )

  t.is(new Set(placements.map(({order}) => order.id)).size, 1)
  t.is(placements.filter(({isReplay}) => !isReplay).length, 1)
  t.deepEqual(placements[0]?.order, placements[49]?.order)
  t.is(await stockOf(db, productId), 99)
})

test('an idempotency key with other items is refused; the same key of another user is a different one', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock: 100})
  const placed = await placeOrder(db, usdOrder(anna, [{productId, quantity: 1}], 'key'))

  await t.throwsAsync(placeOrder(db, usdOrder(anna, [{productId, quantity: 2}], 'key')), {
    instanceOf: IdempotencyKeyReusedError,
  })
  const other = await placeOrder(db, usdOrder(ben, [{productId, quantity: 2}], 'key'))

  t.not(other.order.id, placed.order.id)
  t.is(await stockOf(db, productId), 97)
})

test('of two different orders with one key at once, one is placed and one refused', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const [first, second] = [await addProduct(db), await addProduct(db)]

  const outcomes = await Promise.allSettled([
    placeOrder(db, usdOrder(userId, [{productId: first, quantity: 1}], 'key')),
    placeOrder(db, usdOrder(userId, [{productId: second, quantity: 1}], 'key')),
  ])

  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected')
  t.is(refusals.length, 1)
  t.true(refusals[0]?.reason instanceof IdempotencyKeyReusedError)
  t.is((await db('orders')).length, 1)
})

test('a refused order leaves its idempotency key free', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 0})
  await t.throwsAsync(placeOrder(db, usdOrder(userId, [{productId, quantity: 1}], 'key')))

  await db('stock_levels').update({on_hand: 1})
  const {isReplay} = await placeOrder(db, usdOrder(userId, [{productId, quantity: 1}], 'key'))

  t.false(isReplay)
})
