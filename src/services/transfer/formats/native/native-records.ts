import type {z} from 'zod'

import {hashToken} from '../../../accounts/tokens.ts'
import {readAmount} from '../amounts.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {nativePool, nativeProduct, nativeUser} from './native-schema.ts'
import {stageOrder} from './native-orders.ts'
import {namePart, noteProblem, parseRecord, type RecordPlace} from '../parse-record.ts'
import type {Stage} from '../../stage/stage.ts'

type StageRecord = (value: unknown, place: RecordPlace, options: ReadOptions) => void

/** How each kind of the shop's own records is read. docs/fixtures.md describes them. */
export const nativeKinds: Record<'order' | 'pool' | 'product' | 'user', StageRecord> = {
  user: stageUser,
  product: stageProduct,
  order: stageOrder,
  pool: stagePool,
}

function stageUser(value: unknown, place: RecordPlace, {stage}: ReadOptions): void {
  const parsed = parseRecord(nativeUser, value, place)
  if (!parsed) {
    stage.addBroken('user', {name: keyOf(value, 'username')})
    return
  }
  const {id, username, password, password_hash: passwordHash, is_active: isActive, created_at: createdAt} = parsed
  stage.addUser(place, {id, username, password, passwordHash, isActive, createdAt})
  parsed.tokens.forEach((token, index) => {
    stage.addToken(stage.place(namePart(place, `tokens[${index}]`)), {user: {seq: place.seq}, ...toToken(token)})
  })
}

function toToken(token: z.output<typeof nativeUser>['tokens'][number]): {
  hash: string
  createdAt: string | undefined
  expiresAt: string | undefined
} {
  if (typeof token !== 'string') return {hash: token.sha256, createdAt: token.created_at, expiresAt: token.expires_at}
  return {hash: hashToken(token).toString('hex'), createdAt: undefined, expiresAt: undefined}
}

function stageProduct(value: unknown, place: RecordPlace, options: ReadOptions): void {
  const parsed = parseRecord(nativeProduct, value, place)
  if (!parsed) {
    options.stage.addBroken('product', {id: keyOf(value, 'id'), name: keyOf(value, 'name')})
    return
  }
  const {id, name, sku, enabled, stock, created_at: createdAt, max_per_order: maxPerOrder} = parsed
  options.stage.addProduct(place, {id, name, sku, enabled, stock, createdAt, maxPerOrder})
  stagePrices(parsed, place, options)
}

function stagePrices(
  {price, prices = []}: z.output<typeof nativeProduct>,
  place: RecordPlace,
  {stage, currency: defaultCurrency}: ReadOptions,
): void {
  const product = {seq: place.seq}
  if (price !== undefined) {
    const amount = readAmount(price, {currency: defaultCurrency, field: 'price'}, place)
    stage.addPrice(place, {
      product,
      id: undefined,
      currency: defaultCurrency,
      amount,
      effectiveFrom: undefined,
    })
    return
  }
  // Most products have one price, which cannot repeat another.
  const originals = prices.length > 1 ? new Map<string, string>() : undefined
  prices.forEach(({id, amount: text, currency = defaultCurrency, effective_from: effectiveFrom}, index) => {
    const amount = readAmount(text, {currency, field: `prices[${index}].amount`}, place)
    const own = stage.place(namePart(place, `prices[${index}]`))
    stage.addPrice(own, {product, id, currency, amount, effectiveFrom})
    if (id !== undefined || !originals) return
    const time = `${currency} ${effectiveFrom ?? ''}`
    const original = originals.get(time)
    if (original === undefined) originals.set(time, own.record)
    else noteProblem(own, `has the same currency and time as ${original}`)
  })
}

function stagePool(value: unknown, place: RecordPlace, {stage}: {stage: Stage}): void {
  const parsed = parseRecord(nativePool, value, place)
  if (parsed) stage.addPool(place, parsed.name)
}

/** The value of a key, of a record that may not be valid. */
function keyOf(entry: unknown, key: string): unknown {
  return typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)[key] : undefined
}
