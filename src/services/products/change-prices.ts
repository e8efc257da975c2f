import type {Knex} from 'knex'

import {readRows} from '../../db/cursor.ts'
import {onlyRow, query} from '../../db/query.ts'
import type {Sql} from '../../db/sql.ts'
import {InvalidPriceError} from '../../errors.ts'
import {type Currency, formatAmount} from '../../money.ts'
import {refreshAfterMany} from '../catalogue/refresh.ts'
import {prepareSearch} from '../catalogue/search.ts'
import {type Operator, operatorColumns} from '../operator.ts'
import {named, nameCondition} from './list-all.ts'
import {lockOffers} from './lock-product.ts'
import {priceAt} from './prices.ts'

/** A change of the prices of many products in one currency. */
export type BulkChange = {
  currency: Currency
  /** A decimal number, such as `1.05` for 5 percent more. */
  factor: string
  /** New prices are rounded to the nearest multiple of this, in minor units. Half of it is rounded up. */
  step: number
  /** Words of the products' names; all products if it is left out. */
  search?: string | undefined
  /** RFC 3339, not in the past. Now if it is left out. The prices that are valid then are changed. */
  effectiveFrom?: string | undefined
}

export type ChangedPrice = {productId: number; name: string; before: number; after: number}

/** How many prices get another amount, and how many keep theirs because of the rounding. */
export type ChangeCount = {changed: number; unchanged: number}

export type ChangedPrices = {
  count: ChangeCount
  /** The first of them, by product id. */
  changes: ChangedPrice[]
}

/** How many changes are returned, to keep them in memory. */
export const mostShown = 10_000

/**
 * Passes on what `changePrices` would change, in pieces and by product id, from one snapshot. Throws InvalidPriceError.
 */
export async function previewPrices(
  db: Knex,
  change: BulkChange,
  print: (prices: ChangedPrice[]) => void,
): Promise<ChangeCount> {
  return db.transaction(async (trx) => readChanges(trx, change, print), {
    isolationLevel: 'repeatable read',
    readOnly: true,
  })
}

async function readChanges(
  trx: Knex.Transaction,
  change: BulkChange,
  print: (prices: ChangedPrice[]) => void,
): Promise<ChangeCount> {
  await requireFuture(trx, change)
  const {sql, bindings} = changesStatement(change, nameCondition(await prepareSearch(trx, change.search ?? '')))
  const count = {changed: 0, unchanged: 0}
  for await (const rows of readRows<Row>(trx, 'price_changes', `${sql} order by product.id`, bindings)) {
    const prices = rows.map(({after, ...row}) => ({...row, after: requireAmount(after, row.productId, change)}))
    const changed = prices.filter(({before, after}) => before !== after)
    count.changed += changed.length
    count.unchanged += prices.length - changed.length
    print(changed)
  }
  return count
}

/** `after` is null if it is too large. */
type Row = Omit<ChangedPrice, 'after'> & {after: number | null}

/**
 * Changes all prices or none. Prices that take effect at once are written while their stock is locked, so that orders are
 * either committed before them or placed at them; scheduled ones keep no order waiting. Afterwards, brings the lists up to
 * date. Throws InvalidPriceError.
 */
export async function changePrices(db: Knex, change: BulkChange, operator: Operator): Promise<ChangedPrices> {
  const prices = await db.transaction(async (trx) => write(trx, change, operator), {isolationLevel: 'read committed'})
  if (change.effectiveFrom === undefined && prices.count.changed > 0) await refreshAfterMany(db)
  return prices
}

async function write(trx: Knex.Transaction, change: BulkChange, operator: Operator): Promise<ChangedPrices> {
  const {currency, effectiveFrom} = change
  await requireFuture(trx, change)
  const names = nameCondition(await prepareSearch(trx, change.search ?? ''))
  const {sql, bindings} = changesStatement(
    change,
    effectiveFrom === undefined ? await lockPriced(trx, currency, names) : names,
  )
  // Waits for the end of a product that is being deleted, and leaves it out.
  const keptSql = `${sql} for key share of product`
  const columns = operatorColumns(operator)
  const rows = await query<ChangeCount & {tooLarge: number | null; changes: ChangedPrice[]}>(
    trx,
    `with changes as materialized (${keptSql}),
       added as (
         insert into product_prices (product_id, currency, amount, effective_from, operator, note)
         select "productId", ?, after, coalesce(?::timestamptz, statement_timestamp()), ?, ?
         from changes
         where after <> before
         returning 1
       )
     select (select count(*) from added) as changed, count(*) filter (where after = before) as unchanged,
            min("productId") filter (where after is null) as "tooLarge",
            (
              select coalesce(json_agg(first), '[]')
              from (select * from changes where after <> before order by "productId" limit ?) as first
            ) as changes
     from changes`,
    [...bindings, currency, effectiveFrom ?? null, columns.operator, columns.note, mostShown],
  )
  const {tooLarge, changes, ...count} = onlyRow(rows)
  if (tooLarge !== null) requireAmount(null, tooLarge, change)
  return {count, changes}
}

/**
 * Locks the products that have a price, and their stock. Returns the condition that selects them, since others may get
 * their first price meanwhile.
 */
async function lockPriced(trx: Knex.Transaction, currency: Currency, names: Sql): Promise<Sql> {
  await query(
    trx,
    `create temporary table priced_products on commit drop as
     select product.id
     from ${named}
     where ${names.sql}
       and exists (
         select from product_prices where product_prices.product_id = product.id and product_prices.currency = ?
       )`,
    [...names.bindings, currency],
  )
  await query(trx, 'analyze priced_products')
  await lockOffers(trx, {sql: 'select id from priced_products', bindings: []})
  return {sql: 'product.id in (select id from priced_products)', bindings: []}
}

/** Selects rows, also those that do not change. Computes in exact decimals; `div` drops the fraction. */
function changesStatement({currency, factor, step, effectiveFrom}: BulkChange, {sql: condition, bindings}: Sql): Sql {
  return {
    sql: `
      select product.id as "productId", product.name, price.amount as before,
             case when new.amount <= ?::bigint then new.amount::bigint end as after
      from ${named}
      cross join lateral (
        ${priceAt('product.id', '?', 'coalesce(?::timestamptz, statement_timestamp())')}
      ) as price
      cross join lateral (
        select div(2 * price.amount * ?::numeric + ?::numeric, 2 * ?::numeric) * ?::numeric as amount
      ) as new
      where ${condition}`,
    bindings: [Number.MAX_SAFE_INTEGER, currency, effectiveFrom ?? null, factor, step, step, step, ...bindings],
  }
}

function requireAmount(amount: number | null, productId: number, {currency}: BulkChange): number {
  if (amount !== null) return amount
  const most = `${formatAmount(Number.MAX_SAFE_INTEGER, currency)} ${currency}`
  throw new InvalidPriceError(`The price of product ${productId} would be more than ${most}.`)
}

async function requireFuture(db: Knex, {effectiveFrom}: BulkChange): Promise<void> {
  const rows = await query<{isPast: boolean}>(
    db,
    'select coalesce(?::timestamptz <= statement_timestamp(), false) as "isPast"',
    [effectiveFrom ?? null],
  )
  if (!onlyRow(rows).isPast) return
  throw new InvalidPriceError('That time has passed. Use one in the future, or none to begin now.')
}
