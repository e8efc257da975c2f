import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {query} from '../../db/query.ts'
import type {Sql} from '../../db/sql.ts'
import {defaultPageSize} from '../page.ts'
import {type List, listingStatement, mostMatches, narrowStatement, type Slice} from './listing-statement.ts'
import {type ListOrder, type Place, type SortColumn, sortColumns} from './sort.ts'
import {readFresh} from './refresh.ts'

export type Listing = {
  id: number
  name: string
  /** In minor units of the list's currency. */
  price: number
  /** 0 if the last one was sold after the listing was refreshed. */
  quantityInStock: number
  place: Place
}

type Row = {isStale: boolean; count: number; id: number | null; quantityInStock: number | null} & {
  [column in Exclude<SortColumn, 'id'>]: column extends 'name' ? string : number
}

export type Listings = {
  /** The number of rows in the whole list, or of a broad search, the number up to which it is counted. */
  count: number
  /** Whether the search is broad: more listings match than `count`. */
  isMore: boolean
  /** The order of the listings: a broad search for the best matches has another one. */
  order: ListOrder
  listings: Listing[]
}

/**
 * Returns a slice in the order of the list, and the count of the whole list, in a snapshot taken after the call. A search with
 * more than `most` matches is broad.
 */
export async function readListings(db: Knex, list: List, slice: Slice, most = mostMatches): Promise<Listings> {
  if (!list.search || list.order === 'broad') return read(db, list, slice, {most})
  const narrow = await readStatement(db, narrowStatement(list, slice, most))
  if (slice.limit === 0 || (narrow[0]?.count ?? 0) <= most) return toListings(narrow, list, slice, most)
  // A walk that began when fewer matched goes on in its order.
  const order = list.order === 'match' && !slice.beyond ? 'broad' : list.order
  return read(db, {...list, order}, slice, {most, count: most + 1})
}

async function read(db: Knex, list: List, slice: Slice, counting: {most: number; count?: number}): Promise<Listings> {
  const rows = await readStatement(db, listingStatement(list, slice, counting), preparedName(list, slice))
  return toListings(rows, list, slice, counting.most)
}

async function readStatement(db: Knex, {sql, bindings}: Sql, name?: string): Promise<Row[]> {
  return readFresh(db, async () =>
    name === undefined ? query<Row>(db, sql, bindings) : queryPrepared<Row>(db, prepare(name, sql), bindings),
  )
}

function toListings(rows: Row[], {search, order}: List, {isBackwards = false}: Slice, most: number): Listings {
  const columns = sortColumns(order)
  const listings = rows.flatMap(({id, name, price, quantityInStock, tier, length}): Listing[] => {
    if (id === null) return []
    const values = {id, name, price, tier, length}
    return [
      {id, name, price, quantityInStock: quantityInStock ?? 0, place: columns.map((column) => values[column.name])},
    ]
  })
  const count = rows[0]?.count ?? 0
  const isMore = search !== undefined && count > most
  return {count: isMore ? most : count, isMore, order, listings: isBackwards ? listings.reverse() : listings}
}

/**
 * Names the statements that are used often: pages of the default size, and those with one row more. A connection keeps
 * every statement that it has prepared, so the others are not. A search is planned anew for its words.
 */
function preparedName({order, search}: List, {limit, offset, beyond, isBackwards}: Slice): string | undefined {
  if (search || offset !== undefined || limit < defaultPageSize || limit > defaultPageSize + 1) return undefined
  return ['listings', order, isBackwards ? 'up' : 'down', beyond ? 'beyond' : 'start', limit].join('_')
}
