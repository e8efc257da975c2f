import type {Knex} from 'knex'

import {readRows} from '../../db/cursor.ts'
import {formatAmount} from '../../money.ts'
import {defaultPool} from './fixture.ts'
import {RowGroups} from './group-rows.ts'
import type {NativeFixture} from './formats/native/native-schema.ts'
import type {NativeRecord} from './formats/native/write-native.ts'

type NativeProduct = NonNullable<NativeFixture['products']>[number]

type ProductRow = {
  id: number
  name: string
  sku: string | null
  enabled: boolean
  created_at: string
  max_per_order: number | null
}
type LevelRow = {productId: number; pool: string; onHand: number}
type PriceRow = {productId: number; id: number; amount: number; currency: string; effectiveFrom: string}

export async function* dumpProducts(trx: Knex.Transaction): AsyncGenerator<NativeRecord> {
  const products = readRows<ProductRow>(
    trx,
    'products',
    'select id, name, sku, enabled, created_at, max_per_order from products order by id',
  )
  const levels = new RowGroups(readLevels(trx), ({productId}) => productId)
  const prices = new RowGroups(readPrices(trx), ({productId}) => productId)
  for await (const rows of products) {
    for (const {id, name, sku, enabled, created_at, max_per_order} of rows) {
      const stock = toStock(await levels.take(id))
      const ownPrices = (await prices.take(id)).map(({id, amount, currency, effectiveFrom}) => ({
        id,
        amount: formatAmount(amount, currency),
        currency,
        effective_from: effectiveFrom,
      }))
      const value = {
        id,
        name,
        ...(sku !== null && {sku}),
        ...(!enabled && {enabled}),
        created_at,
        ...(max_per_order !== null && {max_per_order}),
        ...(stock !== undefined && {stock}),
        ...(ownPrices.length > 0 && {prices: ownPrices}),
      }
      yield {kind: 'product', value}
    }
  }
}

/** Leaves out empty levels of the default pool, which every loaded product gets anyway. */
function readLevels(trx: Knex.Transaction): AsyncGenerator<LevelRow[], void> {
  return readRows(
    trx,
    'levels',
    `select product_id as "productId", name as pool, on_hand as "onHand"
     from stock_levels
     join stock_pools on stock_pools.id = pool_id
     where on_hand > 0 or name <> '${defaultPool}'
     order by product_id, pool_id`,
  )
}

function readPrices(trx: Knex.Transaction): AsyncGenerator<PriceRow[], void> {
  return readRows(
    trx,
    'prices',
    `select product_id as "productId", id, amount, currency, effective_from as "effectiveFrom"
     from product_prices
     order by product_id, id`,
  )
}

function toStock(levels: LevelRow[]): NativeProduct['stock'] {
  const [first] = levels
  if (!first) return undefined
  if (levels.length === 1 && first.pool === defaultPool) return first.onHand
  return Object.fromEntries(levels.map(({pool, onHand}) => [pool, onHand]))
}
