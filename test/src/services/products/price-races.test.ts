import test from 'ava'

import {query} from '../../../../src/db/query.ts'
import {InvalidOrderError} from '../../../../src/errors.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {CheckoutQueue} from '../../../../src/services/checkout/queue.ts'
import {lockOffer} from '../../../../src/services/products/lock-product.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {changePrices} from '../../../../src/services/products/change-prices.ts'
import {addPrice, setPrice} from '../../../../src/services/products/prices.ts'
import {updateProduct} from '../../../../src/services/products/products.ts'
import {adjustStock} from '../../../../src/services/stock/adjust.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {findMispriced} from '../../../helpers/mispriced.ts'
import {placeAndHold} from '../../../helpers/place-and-hold.ts'
import {addProduct, addUser, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

test('setting a price waits for an order that has read the old one', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {price: 1000})
  const held = await placeAndHold(db, [usdOrder(userId, [{productId, quantity: 1}])])

  let isSet = false
  const set = setPrice(db, {productId, currency: 'USD', amount: 2000}).then(() => (isSet = true))
  await untilWaiting(db)
  t.false(isSet)
  await held.commit()
  await set

  t.deepEqual(await db('orders').pluck('total'), [1000])
  t.deepEqual(await findMispriced(db), [])
})

test('an order that arrives while a price is being set is placed at the new price', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {price: 1000})
  const trx = await db.transaction()
  await lockOffer(trx, productId)
  await addPrice(trx, productId, {currency: 'USD', amount: 2000})

  const placed = placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))
  await untilWaiting(db)
  await trx.commit()

  t.is((await placed).order.total, 2000)
  t.deepEqual(await findMispriced(db), [])
})

test('an order that arrives while a product is being disabled is refused, and one before it is placed', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db)
  const held = await placeAndHold(db, [usdOrder(userId, [{productId, quantity: 1}])])

  const disabled = updateProduct(db, productId, {enabled: false})
  await untilWaiting(db)
  const late = placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))
  await untilWaiting(db, 2)
  await held.commit()
  await disabled

  await t.throwsAsync(late, {instanceOf: InvalidOrderError, message: /not for sale/})
  t.is((await db('orders')).length, 1)
})

test('a product cannot get stock in another stock pool while its price is being set', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db)
  await createPool(db, 'east')
  const trx = await db.transaction()
  await lockOffer(trx, productId)

  const adjusted = adjustStock(db, {productId, pool: 'east', change: {to: 5}})
  await untilWaiting(db)
  const levels = await db('stock_levels').where({product_id: productId})
  await trx.rollback()
  await adjusted

  t.is(levels.length, 1)
})

test('setting the price of another product does not wait', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const [ordered, other] = [await addProduct(db), await addProduct(db)]
  const held = await placeAndHold(db, [usdOrder(userId, [{productId: ordered, quantity: 1}])])

  await t.notThrowsAsync(setPrice(db, {productId: other, currency: 'USD', amount: 1}))
  await held.commit()
})

test('when orders race price changes, each line has the price of its moment', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 16})
  const userId = await addUser(db)
  const productIds = [await addProduct(db, {stock: 100_000}), await addProduct(db, {stock: 100_000})]
  const {id: poolId} = await createPool(db, 'east')
  for (const productId of productIds) await adjustStock(db, {productId, pool: 'east', change: {to: 100_000}})
  const queue = new CheckoutQueue(db, {lanes: 2, batchSize: 10, limit: 10_000})
  let isRacing = true
  let placed = 0

  const buyer = async (n: number) => {
    while (isRacing) {
      const items = (n % 2 ? productIds : productIds.toReversed()).map((productId) => ({productId, quantity: 1}))
      if (n < 4) await queue.place(usdOrder(userId, items))
      else await placeOrder(db, usdOrder(userId, items))
      placed++
    }
  }
  // While these take effect by themselves, other prices are set.
  await query(
    db,
    `insert into product_prices (product_id, currency, amount, effective_from)
     select product_id, 'USD', 10000 + step, clock_timestamp() + step * interval '7 ms'
     from unnest(?::bigint[]) as product_id
     cross join generate_series(1, 200) as step`,
    [productIds],
  )
  const changer = async (productId: number) => {
    for (let amount = 1; amount <= 40 || (isRacing && placed <= 50); amount++)
      await setPrice(db, {productId, currency: 'USD', amount})
  }
  const buyers = Array.from({length: 8}, async (_, n) => buyer(n))
  const changes = Promise.all(productIds.map(changer)).finally(() => (isRacing = false))
  await Promise.all([changes, ...buyers]).finally(() => (isRacing = false))

  t.true((await db('stock_movements').where({pool_id: poolId, reason: 'order'}).limit(1)).length > 0)
  t.deepEqual(await findMispriced(db), [])
})

test('prices are scheduled without that of a product that is being deleted', async (t) => {
  const {db} = await createDatabase(t)
  const [deleted, kept] = [await addProduct(db, {stock: 0}), await addProduct(db, {stock: 0})]
  const trx = await db.transaction()
  await trx('stock_levels').where({product_id: deleted}).delete()
  await trx('products').where({id: deleted}).delete()

  const change = {currency: 'USD', factor: '1.5', step: 1, effectiveFrom: '2999-01-01T00:00:00Z'} as const
  const changed = changePrices(db, change, {name: 'anna'})
  await untilWaiting(db)
  await trx.commit()

  t.deepEqual((await changed).changes, [{productId: kept, name: 'Rice', before: 1000, after: 1500}])
})
