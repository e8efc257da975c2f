import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {UnknownProductError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import type {List} from './listing-statement.ts'
import type {Ordering} from './sort.ts'
import {type Listing, readListings} from './read-listings.ts'
import {readFresh, staleness} from './refresh.ts'
import {prepareSearch} from './search.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'

/** A product that can be bought: enabled, in stock and with a price in the currency. */
export type Product = {
  id: number
  name: string
  /** The quantity that can be ordered now, from all stock pools together. */
  quantityInStock: number
  /** In minor units of the currency. */
  price: number
  currency: Currency
}

export type ProductFilter = {
  currency: Currency
  /** Words that the name contains, each as a word or a part of one. */
  search?: string | undefined
  /** By default a list is sorted by name, and a search by its best matches. */
  ordering?: Ordering | undefined
}

/** Within these first rows, a page is read without counting the list first. */
const nearRows = 2000

/** A page of products. `isMore` is set if more match than `count`, which is then as far as the pages go. */
export type ProductPage = Page<Product> & {isMore: boolean}

/**
 * Returns a page of the products that can be bought now. A search counts up to `most` matches; the pages of a broader one end
 * there. Throws InvalidPageError.
 */
export async function listProducts(
  db: Knex,
  {currency, search: text = '', ordering, most, ...request}: PageRequest & ProductFilter & {most?: number},
): Promise<ProductPage> {
  const search = await prepareSearch(db, text)
  const list: List = {currency, search, order: ordering ?? (search ? 'match' : 'name')}
  const {page, pageSize} = request
  if (typeof page === 'number' && page >= 1 && page * pageSize <= Math.min(nearRows, most ?? nearRows)) {
    const offset = (page - 1) * pageSize
    const slice = {limit: pageSize, ...(offset > 0 && {offset})}
    const {count, isMore, listings} = await readListings(db, list, slice, most)
    return {count, isMore, ...locatePage(request, count), results: toProducts(listings, currency)}
  }

  const {count, isMore} = await readListings(db, list, {limit: 0}, most)
  const located = locatePage(request, count)
  const {listings} = await readListings(db, list, sliceOf(located.page, pageSize, count, isMore), most)
  return {count, isMore, ...located, results: toProducts(listings, currency)}
}

/**
 * Reads from the nearer end of the list, so that the last page is as quick as the first, or from its start if the list goes on
 * after the last page.
 */
export function sliceOf(
  page: number,
  pageSize: number,
  count: number,
  isMore = false,
): {limit: number; offset: number; isBackwards: boolean; usesMarks: boolean} {
  const before = (page - 1) * pageSize
  const limit = Math.min(pageSize, count - before)
  const after = count - before - limit
  const isBackwards = !isMore && before > after
  const offset = isBackwards ? after : before
  return {limit, offset, isBackwards, usesMarks: offset > nearRows}
}

/** Leaves out products that sold out while they were read. */
export function toProducts(listings: Listing[], currency: Currency): Product[] {
  return listings.flatMap(({id, name, quantityInStock, price}) =>
    quantityInStock > 0 ? [{id, name, quantityInStock, price, currency}] : [],
  )
}

type FoundRow = Omit<Product, 'currency' | 'id'> & {isStale: boolean; id: number | null}

const findListing = prepare(
  'find_listing',
  `select state."isStale", listings.product_id as id, name, amount as price, stock."quantityInStock"
   from (select ${staleness} as "isStale") as state
   left join listings on listings.currency = ? and listings.product_id = ?
   left join lateral (
     select coalesce(sum(on_hand - reserved), 0)::bigint as "quantityInStock"
     from stock_levels
     where stock_levels.product_id = listings.product_id
   ) as stock on true`,
)

/** Throws UnknownProductError if the product is unknown or cannot be bought now. */
export async function findProduct(db: Knex, {id, currency}: {id: number; currency: Currency}): Promise<Product> {
  const [row] = await readFresh(db, async () => queryPrepared<FoundRow>(db, findListing, [currency, id]))
  if (row?.id == null || row.quantityInStock === 0) throw new UnknownProductError(id)
  const {name, quantityInStock, price} = row
  return {id: row.id, name, quantityInStock, price, currency}
}
