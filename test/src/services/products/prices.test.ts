import test from 'ava'
import type {Knex} from 'knex'

import {columns} from '../../../../src/db/columns.ts'
import {runPipelined} from '../../../../src/db/pipeline/run-pipelined.ts'
import {query} from '../../../../src/db/query.ts'
import {UnknownProductError, InvalidPriceError} from '../../../../src/errors.ts'
import {readOffers} from '../../../../src/services/checkout/offers.ts'
import {findPrices, listPrices, type NewPrice, setPrice} from '../../../../src/services/products/prices.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {fc, sized} from '../../../helpers/tier.ts'

// Few moments and products, so that several prices share a moment.
const epoch = Date.parse('2020-01-01T00:00:00Z')
const moment = fc.integer({min: -6, max: 6})
const history = fc.array(
  fc.record({
    productId: fc.constantFrom(1, 2),
    currency: fc.constantFrom('USD', 'JPY'),
    amount: fc.nat(1000),
    moment,
  }),
  {maxLength: 12},
)

type HistoricPrice = {productId: number; currency: string; amount: number; moment: number}

/** The rule in plain words: go through the prices in the order in which they were set, and keep the latest. */
function modelPrice(prices: HistoricPrice[], productId: number, currency: string, at: number): number | undefined {
  let latest: HistoricPrice | undefined
  for (const price of prices) {
    if (price.productId !== productId || price.currency !== currency || price.moment > at) continue
    if (!latest || price.moment >= latest.moment) latest = price
  }
  return latest?.amount
}

async function rewriteHistory(db: Knex, prices: (HistoricPrice & {effectiveFrom: string})[]): Promise<void> {
  await db('product_prices').delete()
  await query(
    db,
    `insert into product_prices (product_id, currency, amount, effective_from)
     select product_id, currency, amount, effective_from
     from unnest(?::bigint[], ?::text[], ?::bigint[], ?::timestamptz[])
       with ordinality as new (product_id, currency, amount, effective_from, place)
     order by place`,
    columns(prices, 'productId', 'currency', 'amount', 'effectiveFrom'),
  )
}

const isoAt = (base: number, hours: number) => new Date(base + hours * 3_600_000).toISOString()

test('for any price history and any time, the price is the latest that has taken effect', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 1, price: null})
  await addProduct(db, {id: 2, price: null})

  const holds = fc.asyncProperty(history, moment, fc.constantFrom('USD', 'JPY'), async (prices, at, currency) => {
    await rewriteHistory(
      db,
      prices.map((price) => ({...price, effectiveFrom: isoAt(epoch, price.moment)})),
    )
    const found = await findPrices(db, {productIds: [1, 2, 3], currency, time: isoAt(epoch, at)})
    t.deepEqual(
      [found.get(1), found.get(2), found.get(3)],
      [modelPrice(prices, 1, currency, at), modelPrice(prices, 2, currency, at), undefined],
    )
  })

  await fc.assert(holds, {numRuns: sized(150, 1500)})
})

test('for any price history, lists, offers and prices agree on the current price', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 1, price: null})
  await addProduct(db, {id: 2, price: null})

  const holds = fc.asyncProperty(history, async (prices) => {
    // Half an hour off, so that now is between two moments.
    const base = Date.now() - 1_800_000
    await rewriteHistory(
      db,
      prices.map((price) => ({...price, effectiveFrom: isoAt(base, price.moment)})),
    )
    const expected = modelPrice(prices, 1, 'USD', 0)
    const found = await findPrices(db, {productIds: [1], currency: 'USD'})
    const listed = await listPrices(db, {productId: 1, currency: 'USD'})
    const offers = await runPipelined(db, {lockMs: 1000}, async (trx) => readOffers(trx, [1], ['USD']))

    const own = prices.filter(({productId, currency}) => productId === 1 && currency === 'USD')
    t.is(found.get(1), expected)
    t.is(offers[0]?.price ?? undefined, expected)
    t.deepEqual(
      listed.filter(({status}) => status === 'current').map(({amount}) => amount),
      expected === undefined ? [] : [expected],
    )
    t.is(listed.filter(({status}) => status === 'scheduled').length, own.filter((price) => price.moment > 0).length)
    t.is(listed.length, own.length)
    t.true(listed.every(({amountNow}) => (amountNow ?? undefined) === expected))
  })

  await fc.assert(holds, {numRuns: sized(100, 1000)})
})

test('a price is current, scheduled or past, by its time', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {price: null})
  const set = async (amount: number, effectiveFrom?: string) =>
    setPrice(db, {productId, currency: 'EUR', amount, effectiveFrom})

  t.like(await set(900, '2999-01-01T00:00:00.000000Z'), {status: 'scheduled', amountNow: null})
  t.like(await set(300, '2020-01-01T00:00:00.000000Z'), {status: 'current', amountNow: 300})
  t.like(await set(400), {status: 'current', amountNow: 400})
  t.like(await set(200, '2019-01-01T00:00:00.000000Z'), {status: 'past', amountNow: 400})

  const prices = await listPrices(db, {productId})
  t.deepEqual(
    prices.map(({amount, status}) => [amount, status]),
    [
      [900, 'scheduled'],
      [400, 'current'],
      [300, 'past'],
      [200, 'past'],
    ],
  )
  t.is(prices[0]?.effectiveFrom, '2999-01-01T00:00:00.000000Z')
})

test('a scheduled price takes effect by itself', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {price: 1000})
  const {effectiveFrom} = await setPrice(db, {
    productId,
    currency: 'USD',
    amount: 500,
    effectiveFrom: '2999-01-01T00:00:00.000000Z',
  })
  const at = async (time: string) =>
    (await findPrices(db, {productIds: [productId], currency: 'USD', time})).get(productId)

  t.is(await at('2998-12-31T23:59:59.999999Z'), 1000)
  t.is(await at(effectiveFrom), 500)
})

test('lists prices by currency, or of one currency only', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {price: 1000})
  await setPrice(db, {productId, currency: 'EUR', amount: 900})

  const all = await listPrices(db, {productId})
  const usd = await listPrices(db, {productId, currency: 'USD'})
  const jpy = await listPrices(db, {productId, currency: 'JPY'})

  t.deepEqual(
    all.map(({currency}) => currency),
    ['EUR', 'USD'],
  )
  t.deepEqual([usd.length, jpy.length], [1, 0])
})

test('an unknown product has no prices and cannot get one', async (t) => {
  const {db} = await createDatabase(t)

  await t.throwsAsync(listPrices(db, {productId: 7}), {instanceOf: UnknownProductError})
  await t.throwsAsync(setPrice(db, {productId: 7, currency: 'USD', amount: 1}), {instanceOf: UnknownProductError})
})

const isNoPrice = test.macro<[NewPrice, RegExp]>({
  async exec(t, price, message) {
    const {db} = await createDatabase(t)
    const productId = await addProduct(db, {price: null})

    await t.throwsAsync(setPrice(db, {productId, ...price}), {instanceOf: InvalidPriceError, message})

    t.deepEqual(await db('product_prices'), [])
  },
  title: (_, {amount, currency}) => `${amount} ${currency} is not a valid price`,
})

test(isNoPrice, {amount: -1, currency: 'USD'}, /must be 0\.00 to 90071992547409\.91 USD/)
test(isNoPrice, {amount: 1.5, currency: 'JPY'}, /must be 0 to 9007199254740991 JPY/)
test(isNoPrice, {amount: 2 ** 53, currency: 'USD'}, /must be 0\.00/)
test(isNoPrice, {amount: 1, currency: 'XAU'}, /"XAU" is not a currency/)
test(isNoPrice, {amount: 1, currency: 'usd'}, /"usd" is not a currency/)
