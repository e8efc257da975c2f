import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {audit} from '../../../../src/services/audit.ts'
import {newChange} from '../../../../src/services/checkout/jobs.ts'
import {basketOf, change, checkout, codeOf, decideJobs, expireHolds, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {inOneMinute} from '../../../helpers/minute.ts'
import {pauseReadersOf} from '../../../helpers/pause.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {addProduct, addStock, addToken, addUser, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'
import {statementsIn} from '../../../helpers/wire.ts'

test('a single hold costs one round trip, and a change that it cannot decide two more', async (t) => {
  const {db, url} = await createDatabase(t)
  const [anna, ben, productId] = [await addUser(db), await addUser(db), await addProduct(db, {stock: 5})]
  let roundTrips: string[][] = []
  let isAnswered = true
  const note = (message: string): boolean => {
    if (isAnswered) roundTrips.push([])
    isAnswered = false
    roundTrips.at(-1)?.push(...statementsIn(message))
    return false
  }
  const proxied = await startProxy(t, url, note, {onAnswer: () => (isAnswered = true)})
  const through = connect(() => ({connectionString: proxied}), {poolSize: 1})
  t.teardown(async () => through.destroy())
  await through.raw('select 1')
  const roundTripsOf = async (userId: number, quantity: number): Promise<string[][]> => {
    roundTrips = []
    await decideJobs(through, [setItem(userId, productId, quantity)])
    return roundTrips
  }

  await decideJobs(db, [setItem(anna, productId, 1)])
  const locks = ['begin', 'set_up_transaction', 'lock_baskets', 'lock_level_of_hold']
  const once = [...locks, 'hold_single_line', 'read_baskets', 'commit']
  t.deepEqual(await roundTripsOf(anna, 2), [once])
  t.is((await roundTripsOf(anna, 1)).length, 3)
  t.deepEqual(await roundTripsOf(ben, 1), [once], 'of a user who has no basket yet')
})

type Case = {
  stock?: number
  /** What the basket holds before; null if there is no basket. */
  held?: number | null
  quantity: number
  ifVersions?: string[]
  prepare?: (db: Knex, ids: {userId: number; productId: number; basketId: number}) => Promise<unknown>
  code: string
}

const cases: Record<string, Case> = {
  'a first hold': {quantity: 2, code: 'changed'},
  'a first basket': {held: null, quantity: 2, code: 'changed'},
  'a first basket with more than is left': {held: null, quantity: 6, code: 'out_of_stock'},
  'a first basket, if there is none': {held: null, quantity: 2, ifVersions: ['0'], code: 'changed'},
  'a first basket, if there is another one': {held: null, quantity: 2, ifVersions: ['1-1'], code: 'basket_changed'},
  'a first basket of a disabled product': {
    held: null,
    quantity: 1,
    prepare: async (db) => db('products').update({enabled: false}),
    code: 'unknown_product',
  },
  'a first basket after one that was ordered': {
    held: null,
    quantity: 2,
    async prepare(db, {userId, productId}) {
      await decideJobs(db, [setItem(userId, productId, 1)])
      await decideJobs(db, [checkout(userId)])
    },
    code: 'changed',
  },
  'an empty basket from when the shop had another currency': {
    quantity: 2,
    prepare: async (db) => db('baskets').update({currency: 'EUR'}),
    code: 'changed',
  },
  'a basket of another currency that the product has no price in': {
    held: 1,
    quantity: 2,
    prepare: async (db) => db('baskets').update({currency: 'EUR'}),
    code: 'unknown_product',
  },
  'more of a held product': {held: 2, quantity: 3, code: 'changed'},
  'all that is left': {held: 2, quantity: 5, code: 'changed'},
  'more than is left': {held: 2, quantity: 6, code: 'out_of_stock'},
  'less of a held product': {held: 2, quantity: 1, code: 'changed'},
  'a hold that expired': {
    held: 2,
    quantity: 3,
    prepare: async (db, {basketId}) => expireHolds(db, basketId),
    code: 'changed',
  },
  'a disabled product': {
    quantity: 1,
    prepare: async (db) => db('products').update({enabled: false}),
    code: 'unknown_product',
  },
  'a product without a price': {
    quantity: 1,
    prepare: async (db) => db('product_prices').delete(),
    code: 'unknown_product',
  },
  'more than an order may have': {
    quantity: 3,
    prepare: async (db) => db('products').update({max_per_order: 2}),
    code: 'quantity_limit',
  },
  'as many as an order may have': {
    quantity: 2,
    prepare: async (db) => db('products').update({max_per_order: 2}),
    code: 'changed',
  },
  'a basket that is being paid': {
    held: 1,
    quantity: 2,
    async prepare(db, {basketId}) {
      const {user_id: userId} = await db('baskets').where({id: basketId}).first<{user_id: number}>('user_id')
      await db('payment_customers').insert({user_id: userId, provider: 'test', customer_id: 'anna'})
      const [method] = await db('payment_methods')
        .insert({user_id: userId, provider: 'test', provider_id: 'one', brand: 'visa'})
        .returning<{id: number}[]>('id')
      const gateway = {name: 'test', obstacleTo: () => undefined}
      const charged = {id: method?.id ?? 0, customerId: 'anna'}
      await decideJobs(db, [
        checkout(userId, {charge: {method: charged, isRequired: true, capture: 'automatic', gateway}}),
      ])
    },
    code: 'basket_locked',
  },
  'a request too many in a minute': {
    held: 1,
    quantity: 2,
    prepare: async (db) =>
      db('baskets').update({hold_count: 120, hold_minute: db.raw(`date_trunc('minute', statement_timestamp())`)}),
    code: 'hold_limit',
  },
  'a line too many': {
    held: 1,
    quantity: 2,
    async prepare(db, {basketId, productId}) {
      await db('stock_reservations').delete()
      await db('stock_levels').update({reserved: 0})
      await db('basket_lines').where({product_id: productId}).delete()
      for (let line = 0; line < 100; line++) {
        const other = await addProduct(db, {name: `Other ${line}`})
        await db('basket_lines').insert({basket_id: basketId, product_id: other, quantity: 1, seen_price: 1000})
      }
    },
    code: 'basket_full',
  },
  'a hold that needs two stock pools': {
    held: 2,
    quantity: 7,
    async prepare(db, {productId}) {
      await db('stock_pools').insert({name: 'east'})
      await addStock(db, {productId, poolId: 2, quantity: 3})
    },
    code: 'changed',
  },
  'a hold in two stock pools, of which one has enough': {
    stock: 6,
    held: 2,
    quantity: 6,
    async prepare(db, {productId, basketId}) {
      await db('stock_pools').insert({name: 'east'})
      await addStock(db, {productId, poolId: 2, quantity: 3})
      await db('stock_levels').where({pool_id: 2}).update({reserved: 3})
      await db('basket_lines').update({quantity: 5})
      const hold = await db('stock_reservations').where({basket_id: basketId}).first()
      await db('stock_reservations').insert({...hold, pool_id: 2, quantity: 3})
    },
    code: 'changed',
  },
}

for (const [title, {code, ...options}] of Object.entries(cases)) {
  test(`a single hold decides as a batch does: ${title}`, async (t) => {
    const [single, batch] = await inOneMinute(
      async () =>
        [await decideCase(t, options, {isBatch: false}), await decideCase(t, options, {isBatch: true})] as const,
    )

    t.is(single.code, code)
    t.deepEqual(single, batch)
  })
}

/** Decides the case on a database of its own. Returns the outcome and what is in the tables, without times. */
async function decideCase(
  t: ExecutionContext,
  {stock = 5, held, quantity, ifVersions, prepare}: Omit<Case, 'code'>,
  {isBatch}: {isBatch: boolean},
) {
  const {db} = await createDatabase(t)
  const [anna, other, productId] = [await addUser(db), await addUser(db), await addProduct(db, {stock})]
  const [basket] = held === null ? [] : await decideJobs(db, [setItem(anna, productId, held ?? 1)])
  if (held === undefined) await decideJobs(db, [change(anna, {kind: 'clear'})])
  await prepare?.(db, {userId: anna, productId, basketId: basketOf(basket)?.id ?? 0})

  const [outcome] = await decideJobs(db, [
    {...setItem(anna, productId, quantity), ...(ifVersions && {ifVersions})},
    ...(isBatch ? [change(other, {kind: 'clear'})] : []),
  ])

  t.deepEqual((await audit(db)).findings, [])
  return {
    code: codeOf(outcome),
    items: basketOf(outcome)?.items.map((item) => ({...item, heldUntil: null})),
    baskets: await db('baskets').select('id', 'version', 'currency', 'hold_count', 'status').orderBy('id'),
    holds: await db('stock_reservations').select('product_id', 'pool_id', 'quantity').orderBy('pool_id'),
    levels: await db('stock_levels').where({product_id: productId}).select('on_hand', 'reserved').orderBy('pool_id'),
  }
}

test('two first holds of a user at the same moment are in one basket', async (t) => {
  const {db} = await createDatabase(t)
  const anna = await addUser(db)
  const products = [await addProduct(db, {stock: 5}), await addProduct(db, {stock: 5})]
  const holder = await db.transaction()
  await holder.raw('lock table baskets in share mode')
  const decided = products.map(async (productId) => decideJobs(db, [setItem(anna, productId, 2)]))
  await untilWaiting(db, 2)
  await holder.rollback()

  for (const [outcome] of await Promise.all(decided)) t.is(codeOf(outcome), 'changed')
  t.is((await db('baskets')).length, 1)
  t.deepEqual(await db('stock_reservations').pluck('product_id').orderBy('product_id'), products)
  t.deepEqual((await audit(db)).findings, [])
})

test('a hold puts nothing into a basket that was opened after its locks, and is being ordered', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 5})]
  const {order} = await placeOrder(db, usdOrder(anna, [{productId, quantity: 1}]))
  const holder = await db.transaction()
  await holder.raw('lock table stock_levels')

  // It finds no basket to lock, and waits for the stock level.
  const decided = decideJobs(db, [setItem(anna, productId, 2)])
  await untilWaiting(db)
  const [opened] = await db('baskets')
    .insert({user_id: anna, currency: 'USD', version: 1})
    .returning<{id: number}[]>('id')
  const ordering = await db.transaction()
  await ordering('baskets').where({id: opened?.id}).forUpdate()
  await holder.rollback()
  await untilWaiting(db)
  await ordering('baskets').where({id: opened?.id}).update({status: 'ordered', order_id: order.id})
  await ordering.commit()

  const basket = basketOf((await decided)[0])
  t.not(basket?.id, opened?.id)
  t.is(basket?.items[0]?.held, 2)
  t.is((await db('basket_lines').where({basket_id: opened?.id})).length, 0)
})

test('a hold that ends before its stock level is locked is begun anew', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 5})]
  const token = await addToken(db, anna)
  await decideJobs(db, [setItem(anna, productId, 2)])
  const change = {kind: 'set', item: {productId, quantity: 3}} as const
  const {untilPaused, goOn} = await pauseReadersOf(t, db, 'auth_tokens')
  const remover = await db.transaction()
  await remover('stock_levels').forUpdate().select()
  await remover('stock_reservations').delete()
  await remover('stock_levels').update({reserved: 0})

  const decided = decideJobs(db, [newChange({userId: anna, change, currency: 'USD', token})])
  await untilPaused()
  await remover.commit()
  await goOn()

  t.is(basketOf((await decided)[0])?.items[0]?.held, 3)
  t.deepEqual((await audit(db)).findings, [])
})

test('a hold knows what a basket holds that was opened and filled after its locks', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 9})]
  const token = await addToken(db, anna)
  const change = {kind: 'set', item: {productId, quantity: 3}} as const
  const {order} = await placeOrder(db, usdOrder(anna, [{productId, quantity: 1}]))
  const [ordered] = await db('baskets')
    .insert({user_id: anna, currency: 'USD', version: 1})
    .returning<{id: number}[]>('id')
  const {untilPaused, goOn} = await pauseReadersOf(t, db, 'auth_tokens')
  const ordering = await db.transaction()
  await ordering('baskets').where({id: ordered?.id}).update({status: 'ordered', order_id: order.id})
  await ordering('baskets').insert({user_id: anna, currency: 'USD', version: 1})
  const locker = await db.transaction()
  await locker('stock_levels').forUpdate().select()

  const decided = decideJobs(db, [newChange({userId: anna, change, currency: 'USD', token})])
  await untilWaiting(db)
  await ordering.commit()
  await untilPaused()
  await locker.rollback()
  await decideJobs(db, [setItem(anna, productId, 2)])
  await goOn()

  t.is(basketOf((await decided)[0])?.items[0]?.held, 3)
  t.deepEqual((await audit(db)).findings, [])
})
