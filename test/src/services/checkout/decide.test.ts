import test from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {runPipelined} from '../../../../src/db/pipeline/run-pipelined.ts'
import {query} from '../../../../src/db/query.ts'
import {placeBatch} from '../../../../src/services/checkout/place-batch.ts'
import type {NewOrder} from '../../../../src/services/checkout/new-order.ts'
import {decideOrders, type Outcome} from '../../../../src/services/checkout/decide.ts'
import {hashToken} from '../../../../src/services/accounts/tokens.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {addProduct, addToken, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'
import {statementsIn} from '../../../helpers/wire.ts'

async function decide(db: Knex, orders: NewOrder[]): Promise<Outcome[]> {
  const decided = await runPipelined(db, {lockMs: 1000}, async (trx) => (await decideOrders(trx, orders, 'all')).answer)
  return 'outcomes' in decided ? decided.outcomes : []
}

test('a batch is decided in order of arrival, and a refused order does not affect the others', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 3})
  const order = (quantity: number) => usdOrder(userId, [{productId, quantity}])

  const outcomes = await decide(db, [order(2), order(2), order(1), order(1)])

  t.deepEqual(
    outcomes.map(({status}) => status),
    ['placed', 'refused', 'placed', 'refused'],
  )
  t.is(await stockOf(db, productId), 0)
  t.is((await db('orders')).length, 2)
})

test('only orders are refused whose token has expired, or belongs to another or an inactive user', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock: 9})
  const hashes = [await addToken(db, anna), await addToken(db, anna), await addToken(db, ben)].map(hashToken)
  await db('auth_tokens').where({token_hash: hashes[1]}).update({expires_at: db.fn.now()})
  await db('users').where({id: ben}).update({is_active: false})
  const order = (userId: number, tokenHash: Buffer | undefined) => ({
    ...usdOrder(userId, [{productId, quantity: 1}]),
    ...(tokenHash && {tokenHash}),
  })

  const outcomes = await decide(db, [
    order(anna, hashes[1]),
    order(ben, hashes[2]),
    order(ben, hashes[0]),
    order(anna, hashToken('unknown')),
    order(anna, hashes[0]),
  ])

  t.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.error.code : outcome.status)),
    ['token_ended', 'token_ended', 'token_ended', 'token_ended', 'placed'],
  )
  t.is(await stockOf(db, productId), 8)
})

test('an idempotency key used twice in a batch names the order that is accepted first', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 3})
  const order = (quantity: number) => usdOrder(userId, [{productId, quantity}], 'key')

  const [refused, placed, repeated, changed] = await decide(db, [order(9), order(1), order(1), order(2)])

  t.is(refused?.status, 'refused')
  t.like(placed, {status: 'placed', placement: {isReplay: false}})
  t.like(repeated, {status: 'placed', placement: {isReplay: true}})
  t.like(changed, {status: 'refused', error: {code: 'idempotency_key_reused'}})
  t.is(await stockOf(db, productId), 2)
})

test('each order of a batch is priced in its own currency', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 9, price: 1000})
  await db('product_prices').insert({product_id: productId, currency: 'EUR', amount: 900})
  const usd = usdOrder(userId, [{productId, quantity: 1}])

  await decide(db, [usd, {...usd, requestId: crypto.randomUUID(), currency: 'EUR'}])

  t.deepEqual(await db('orders').orderBy('id').select('currency', 'total'), [
    {currency: 'USD', total: 1000},
    {currency: 'EUR', total: 900},
  ])
})

test('a single order costs one round trip, and a batch of any size two', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productIds = [await addProduct(db, {stock: 500}), await addProduct(db, {stock: 500})]
  const order = (key?: string) =>
    usdOrder(
      userId,
      productIds.map((productId) => ({productId, quantity: 1})),
      key,
    )
  // Messages are counted once the connection is open.
  let roundTrips: string[][] | undefined
  let isAnswered = true
  const note = (message: string): false => {
    if (isAnswered) roundTrips?.push([])
    isAnswered = false
    roundTrips?.at(-1)?.push(...statementsIn(message))
    return false
  }
  const proxied = await startProxy(t, url, note, {onAnswer: () => (isAnswered = true)})
  const through = connect(() => ({connectionString: proxied}), {poolSize: 1})
  t.teardown(async () => through.destroy())
  await through.raw('select 1')
  const roundTripsOf = async (orders: ReturnType<typeof order>[]): Promise<string[][]> => {
    roundTrips = []
    await placeBatch(through, orders, {lockMs: 300})
    return roundTrips
  }

  const begin = ['begin', 'set_up_transaction', 'lock_free_levels']
  const single = [[...begin, 'place_single_order', 'commit']]
  const tokenHash = hashToken(await addToken(db, userId))
  t.deepEqual(await roundTripsOf([order()]), single)
  t.deepEqual(await roundTripsOf([{...order('a'), tokenHash}]), single)

  const reads = [...begin, 'read_offers']
  const writes = ['write_orders', 'commit']
  t.deepEqual(await roundTripsOf([order(), order()]), [reads, writes])
  t.deepEqual(await roundTripsOf(Array.from({length: 100}, () => order())), [reads, writes])
  t.deepEqual(await roundTripsOf([order('b'), order('c')]), [[...reads, 'read_kept_keys'], writes])
  t.deepEqual(await roundTripsOf([order(), {...order(), tokenHash}]), [[...reads, 'find_valid_tokens'], writes])
})

test('the server keeps the plans of the statements that an order runs', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 500})
  const single = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => single.destroy())

  const order = (key: string) => usdOrder(userId, [{productId, quantity: 1}], key)
  for (let count = 0; count < 5; count++) {
    await placeBatch(single, [order(`${count}`)], {lockMs: 300})
    await placeBatch(single, [order(`${count} first`), order(`${count} second`)], {lockMs: 300})
  }

  const plans = await query<{name: string; made: number}>(
    single,
    `select name, custom_plans as made from pg_prepared_statements
     where generic_plans > 0 and name not in ('begin', 'commit', 'set_up_transaction')
     order by name`,
  )
  t.deepEqual(plans, [
    {name: 'lock_free_levels', made: 0},
    {name: 'place_single_order', made: 0},
    {name: 'read_kept_keys', made: 0},
    {name: 'read_offers', made: 0},
    {name: 'write_orders', made: 0},
  ])
})
