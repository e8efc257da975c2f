import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {allOf, conditions, type Sql} from '../../db/sql.ts'
import {type ProductFilter, sliceOf} from '../catalogue/list.ts'
import {matchTier, prepareSearch, type Search} from '../catalogue/search.ts'
import {isDescending, type ListOrder, sortColumns} from '../catalogue/sort.ts'
import type {Currency} from '../../money.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'
import {priceAt} from './prices.ts'

/** Any product, also one that cannot be ordered now. */
export type AnyProduct = {
  id: number
  name: string
  enabled: boolean
  /** The quantity that is free, in all stock pools together. */
  quantityInStock: number
  /** In minor units of the currency; null without a price. */
  price: number | null
  currency: Currency
}

/** Returns a page of all products, whether or not they can be ordered. Reads no listings. Throws InvalidPageError. */
export async function listAllProducts(
  db: Knex,
  {currency, search: text = '', ordering, ...request}: PageRequest & ProductFilter,
): Promise<Page<AnyProduct>> {
  const search = await prepareSearch(db, text)
  const order = ordering ?? (search ? 'match' : 'name')
  const {sql: condition, bindings} = listCondition(search)
  const counted = await query<{count: number}>(
    db,
    `select count(*) as count from ${named} where ${condition}`,
    bindings,
  )
  const {count} = onlyRow(counted)
  const located = locatePage(request, count)
  const slice = sliceOf(located.page, request.pageSize, count)
  const rows = await readSlice(db, {currency, search, order}, slice)
  return {count, ...located, results: slice.isBackwards ? rows.reverse() : rows}
}

/** All products, as `product`, with the names that `nameCondition` and `matchTier` search. */
export const named = `(select id, name, sku, enabled, ' ' || fold_name(name) as folded_name from products) as product`

/** An SQL condition for `named`. A search reads every name: a million take less than a second. */
export function nameCondition(search: Search | undefined): Sql {
  return allOf(conditions((search?.patterns ?? []).map((pattern) => ['folded_name like ?', pattern])))
}

/** The same for a list, which finds a product by its whole SKU as well. */
function listCondition(search: Search | undefined): Sql {
  const {sql, bindings} = nameCondition(search)
  return search ? {sql: `(${sql} or lower(sku) = ?)`, bindings: [...bindings, search.text]} : {sql, bindings}
}

type Slice = ReturnType<typeof sliceOf>

async function readSlice(
  db: Knex,
  {currency, search, order}: {currency: Currency; search: Search | undefined; order: ListOrder},
  {limit, offset, isBackwards}: Slice,
): Promise<AnyProduct[]> {
  const columns = sortColumns(order).map(({name}) => name)
  const direction = isDescending(order) === isBackwards ? 'asc' : 'desc'
  // Products without a price come last, whichever way the prices are sorted.
  const nulls = isBackwards ? 'nulls first' : 'nulls last'
  const orderBy = (table: string) =>
    columns.map((name) => `${table}.${name} ${direction} ${name === 'price' ? nulls : ''}`).join(', ')

  const price = `left join lateral (${priceAt('product.id', '?', 'statement_timestamp()')}) as price on true`
  const isByPrice = columns.includes('price')
  const match = search && order === 'match' ? matchTier(search) : undefined
  const {sql: condition, bindings} = listCondition(search)
  return query<AnyProduct>(
    db,
    // The page is found by what it is sorted by alone, so that the rows before it are counted in an index.
    `select product.id, product.name, product.enabled, stock.sum as "quantityInStock", price.amount as price,
            ?::text as currency
     from (
       select sorted.*
       from (
         select product.id, product.name
                ${match ? `, ${match.sql} as tier, octet_length(folded_name) as length` : ''}
                ${isByPrice ? ', price.amount as price' : ''}
         from ${named}
         ${isByPrice ? price : ''}
         where ${condition}
       ) as sorted
       order by ${orderBy('sorted')}
       limit ? offset ?
     ) as page
     join products as product on product.id = page.id
     ${price}
     cross join lateral (
       select coalesce(sum(on_hand - reserved), 0)::bigint as sum from stock_levels where product_id = product.id
     ) as stock
     order by ${orderBy('page')}`,
    [currency, ...(match?.bindings ?? []), ...(isByPrice ? [currency] : []), ...bindings, limit, offset, currency],
  )
}

/** Why a list of products that can be ordered is empty. */
export type EmptyList = 'no prices' | 'no products' | 'none available'

/** `no prices`: no product has a price in the currency that has taken effect. */
export async function explainEmptyList(db: Knex, currency: Currency): Promise<EmptyList> {
  const {hasProducts, hasPrices} = onlyRow(
    await query<{hasProducts: boolean; hasPrices: boolean}>(
      db,
      `select exists (select from products) as "hasProducts",
              exists (
                select from product_prices where currency = ? and effective_from <= statement_timestamp()
              ) as "hasPrices"`,
      [currency],
    ),
  )
  if (!hasProducts) return 'no products'
  return hasPrices ? 'none available' : 'no prices'
}
