import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {query} from '../../db/query.ts'
import {defaultPageSize} from '../page.ts'
import {type List, listingStatement, type Slice} from './listing-statement.ts'
import {type Place, type SortColumn, sortColumns} from './sort.ts'
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

/** Returns a slice in the order of the list, and the count of the whole list, in a snapshot taken after the call. */
export async function readListings(db: Knex, list: List, slice: Slice): Promise<{count: number; listings: Listing[]}> {
  const {sql, bindings} = listingStatement(list, slice)
  const name = preparedName(list, slice)
  const rows = await readFresh(db, async () =>
    name === undefined ? query<Row>(db, sql, bindings) : queryPrepared<Row>(db, prepare(name, sql), bindings),
  )
  const columns = sortColumns(list.order)
  const listings = rows.flatMap(({id, name, price, quantityInStock, tier, length}): Listing[] => {
    if (id === null) return []
    const values = {id, name, price, tier, length}
    return [
      {id, name, price, quantityInStock: quantityInStock ?? 0, place: columns.map((column) => values[column.name])},
    ]
  })
  return {count: rows[0]?.count ?? 0, listings: slice.isBackwards ? listings.reverse() : listings}
}

/**
 * Names the statements that are used often: pages of the default size, and those with one row more. A connection keeps
 * every statement that it has prepared, so the others are not. A search is planned anew for its words.
 */
function preparedName({order, search}: List, {limit, offset, beyond, isBackwards}: Slice): string | undefined {
  if (search || offset !== undefined || limit < defaultPageSize || limit > defaultPageSize + 1) return undefined
  return ['listings', order, isBackwards ? 'up' : 'down', beyond ? 'beyond' : 'start', limit].join('_')
}
