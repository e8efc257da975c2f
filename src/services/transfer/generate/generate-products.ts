import {type Currency, formatAmount} from '../../../money.ts'
import {brands, goods, qualities, sizes} from './generate-words.ts'
import {Random} from './random.ts'
import type {NativeRecord} from '../formats/native/write-native.ts'

type GeneratedProduct = {
  id: number
  name: string
  enabled: boolean
  createdAt: string
  stock: number
  /** The stock in a second pool, beside the default one. */
  east: number | undefined
  /** The first is the current price in USD. */
  prices: [GeneratedPrice, ...GeneratedPrice[]]
}

type GeneratedPrice = {amount: number; currency: Currency; effectiveFrom: string}

const productSeed = 2
const day = 24 * 3600

/** Most products have one price. Some had another price before, and some are also sold in other currencies. */
export function generateProduct(seed: number, id: number): GeneratedProduct {
  const random = new Random(seed, productSeed, id)
  const name = [random.pick(brands), random.pick(qualities), random.pick(goods), random.pick(sizes)].join(' ')
  const created = random.between(0, 300 * day)
  const cents = random.between(10, 999) * 5
  const price = {amount: cents, currency: 'USD', effectiveFrom: timeIn2024(created + 60 * day)}
  const earlier = {...price, amount: cents + random.between(1, 20) * 5, effectiveFrom: timeIn2024(created)}
  const euros = {...price, currency: 'EUR', amount: cents - 5}
  const yen = {...price, currency: 'JPY', amount: cents + random.between(0, 50)}
  return {
    id,
    name,
    enabled: !random.happens(3),
    createdAt: timeIn2024(created),
    stock: random.happens(5) ? 0 : random.between(1, 500),
    east: random.happens(10) ? random.between(0, 100) : undefined,
    prices: [
      price,
      ...(random.happens(20) ? [earlier] : []),
      ...(random.happens(30) ? [euros] : []),
      ...(random.happens(10) ? [yen] : []),
    ],
  }
}

/** The time that is the given number of seconds after the start of 2024. */
export function timeIn2024(seconds: number): string {
  return new Date(Date.UTC(2024, 0) + seconds * 1000).toISOString()
}

/** The current price in US cents. */
export function priceOf({prices: [{amount}]}: GeneratedProduct): number {
  return amount
}

export function toNativeProduct({prices, stock, east, ...product}: GeneratedProduct): NativeRecord {
  const {id, name, enabled, createdAt} = product
  const value = {
    id,
    name,
    ...(!enabled && {enabled}),
    created_at: createdAt,
    stock: east === undefined ? stock : {default: stock, east},
    prices: prices.map(({amount, currency, effectiveFrom}) => ({
      amount: formatAmount(amount, currency),
      currency,
      effective_from: effectiveFrom,
    })),
  }
  return {kind: 'product', value}
}

/** Only products, each with its price in USD and the stock of the default pool. */
export function* generateCsv({products, seed}: {products: number; seed: number}): Generator<string> {
  yield 'id,name,price,stock,enabled,currency,effective_from\n'
  for (let id = 1; id <= products; id++) {
    const {name, stock, enabled, prices} = generateProduct(seed, id)
    const [{amount, currency, effectiveFrom}] = prices
    yield `${[id, name, formatAmount(amount, currency), stock, enabled, currency, effectiveFrom].join(',')}\n`
  }
}
