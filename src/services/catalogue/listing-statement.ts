import type {Currency} from '../../money.ts'
import {isDescending, type ListOrder, type Place, sortColumns} from './sort.ts'
import {staleness} from './refresh.ts'
import {matchTier, type Search} from './search.ts'

export type List = {
  currency: Currency
  order: ListOrder
  search: Search | undefined
}

/** Some rows of a list, counted from one of its ends or from a place in it. */
export type Slice = {
  limit: number
  offset?: number
  beyond?: Place | undefined
  /** Reads from the end, or from the place, towards the start. The rows come in that direction, too. */
  isBackwards?: boolean
}

type Statement = {sql: string; bindings: unknown[]}

/**
 * Selects the rows of a slice with their quantities in stock, the number of rows in the list, and whether a refresh is
 * due, all in one snapshot. An empty slice gives one row with a null id. Limits are literals, so that the planner knows
 * them in a prepared statement.
 */
export function listingStatement(list: List, slice: Slice): Statement {
  const count = countStatement(list)
  const page = pageStatement(list, slice)
  return {
    sql: `
      select state."isStale", counted.count, page.*, stock."quantityInStock"
      from (select ${staleness} as "isStale") as state
      cross join (${count.sql}) as counted
      left join lateral (${page.sql}) as page on true
      left join lateral (
        select sum(on_hand - reserved)::bigint as "quantityInStock" from stock_levels where product_id = page.id
      ) as stock on true
      order by ${orderBy('page', list, slice)}`,
    bindings: [...count.bindings, ...page.bindings],
  }
}

function countStatement({currency, search}: List): Statement {
  if (!search) {
    return {
      sql: 'select coalesce(sum(delta), 0)::bigint as count from listing_counts where currency = ?',
      bindings: [currency],
    }
  }
  return {
    sql: `select count(*) as count from listings where currency = ?${likes(search)}`,
    bindings: [currency, ...search.patterns],
  }
}

function pageStatement(list: List, slice: Slice): Statement {
  const rows = rowStatement(list)
  const from = startStatement(list, slice)
  return {
    sql: `
      select listed.*
      from (${rows.sql}) as listed
      ${from.sql}
      order by ${orderBy('listed', list, slice)}
      limit ${slice.limit}
      ${list.search && slice.offset ? `offset ${slice.offset}` : ''}`,
    bindings: [...rows.bindings, ...from.bindings],
  }
}

/** Starts beyond a place, or at the row that the offset leads to, which is found in the index alone. */
function startStatement(list: List, slice: Slice): Statement {
  const {beyond, offset} = slice
  const columns = sortColumns(list.order)
  const names = columns.map(({name}) => name).join(', ')
  const comparison = directionOf(list, slice) === 'asc' ? '>' : '<'
  if (beyond) {
    const values = columns.map(({type}) => `?::${type}`).join(', ')
    return {sql: `where (${names}) ${comparison} (${values})`, bindings: beyond}
  }
  if (list.search || !offset) return {sql: '', bindings: []}
  const rows = rowStatement(list)
  return {
    sql: `
      where (${names}) ${comparison}= (
        select ${names} from (${rows.sql}) as skipped order by ${orderBy('skipped', list, slice)} limit 1 offset ${offset}
      )`,
    bindings: rows.bindings,
  }
}

/** Selects all rows of the list, with the columns for sorting. */
function rowStatement({currency, order, search}: List): Statement {
  const match = order === 'match' && search ? matchTier(search) : undefined
  return {
    sql: `
      select product_id as id, name, amount as price
             ${match ? `, ${match.sql} as tier, octet_length(folded_name) as length` : ''}
      from listings
      where currency = ?${likes(search)}`,
    bindings: [...(match?.bindings ?? []), currency, ...(search?.patterns ?? [])],
  }
}

function likes(search: Search | undefined): string {
  return (search?.patterns ?? []).map(() => ' and folded_name like ?').join('')
}

function orderBy(table: string, list: List, slice: Slice): string {
  const direction = directionOf(list, slice)
  return sortColumns(list.order)
    .map(({name}) => `${table}.${name} ${direction}`)
    .join(', ')
}

/** All columns are sorted in the same direction, so that one index serves both directions. */
function directionOf({order}: List, {isBackwards = false}: Slice): 'asc' | 'desc' {
  return isDescending(order) === isBackwards ? 'asc' : 'desc'
}
