import type {Sql} from '../../db/sql.ts'
import type {Currency} from '../../money.ts'
import {isDescending, type ListOrder, type Place, sortColumns} from './sort.ts'
import {staleness} from './refresh.ts'
import {broadTiers, matchTier, type Search, type Tier} from './search.ts'

export type List = {
  currency: Currency
  order: ListOrder
  search: Search | undefined
}

/** Some rows of a list, counted from one of its ends or from a place in it. */
export type Slice = {
  limit: number
  offset?: number
  /** Skips most of the offset by the marks. Worth it if the offset is a few thousand rows. */
  usesMarks?: boolean
  beyond?: Place | undefined
  /** Reads from the end, or from the place, towards the start. The rows come in that direction, too. */
  isBackwards?: boolean
}

/** A search counts its matches up to this number, and ranks all of them only if they are not more. */
export const mostMatches = 10_000

/**
 * Selects the rows of a slice with their quantities in stock, the number of rows in the list, and whether a refresh is
 * due, all in one snapshot. An empty slice gives one row with a null id. Limits are literals, so that the planner knows
 * them in a prepared statement. The number of rows is counted unless it is given; of a search, at most one more than `most`.
 */
export function listingStatement(
  list: List,
  slice: Slice,
  {count: known, most = mostMatches}: {count?: number; most?: number} = {},
): Sql {
  const count = known === undefined ? countStatement(list, most) : {sql: 'select ?::bigint as count', bindings: [known]}
  const page = pageStatement(list, slice)
  return joinStatement(list, slice, {count, page})
}

/** The same for a search that few listings match, which finds them once for the count and the page. Empty if it is more than `most`. */
export function narrowStatement(list: List, slice: Slice, most = mostMatches): Sql {
  const found = matches(list, 'currency, product_id, name, folded_name, amount', most + 1)
  const {sql, bindings} = joinStatement(list, slice, {
    count: {sql: 'select count from counted', bindings: []},
    page: pageStatement(list, slice, `found where (select count from counted) <= ${most}`),
  })
  return {
    sql: `with found as materialized (${found.sql}), counted as materialized (select count(*) as count from found) ${sql}`,
    bindings: [...found.bindings, ...bindings],
  }
}

function joinStatement(list: List, slice: Slice, {count, page}: {count: Sql; page: Sql}): Sql {
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

function countStatement(list: List, most: number): Sql {
  if (!list.search) return exactCount(list)
  const {sql, bindings} = matches(list, '', most + 1)
  return {sql: `select count(*) as count from (${sql}) as matches`, bindings}
}

function exactCount({currency}: List): Sql {
  return {
    sql: 'select coalesce(sum(delta), 0)::bigint as count from listing_counts where currency = ?',
    bindings: [currency],
  }
}

function matches({currency, search}: List, columns: string, limit: number): Sql {
  return {
    sql: `select ${columns} from listings where currency = ?${likes(search)} limit ${limit}`,
    bindings: [currency, ...(search?.patterns ?? [])],
  }
}

function pageStatement(list: List, slice: Slice, source?: string): Sql {
  if (list.order === 'broad') return broadStatement(list, slice)
  const rows = rowStatement(list, source)
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

/**
 * How many of the shortest names are looked through for a broad search before its matches are found by their words instead. A
 * word that one in a hundred of a million names has is found often enough among them, unless only long names have it.
 */
const shortestNames = 20_000

/** Reads the tiers one after the other, and the second one only if the first has too few rows for the slice. */
function broadStatement({currency, search}: List, slice: Slice): Sql {
  const {limit, offset = 0, beyond, isBackwards = false} = slice
  const most = limit + offset
  const [direction, comparison] = isBackwards ? ['desc', '<'] : ['asc', '>']
  const [placeTier, ...place] = beyond ?? []
  const isAhead = ({tier}: Tier): boolean =>
    placeTier === undefined || tier === placeTier || tier > Number(placeTier) !== isBackwards
  const tiers = search ? broadTiers(search).filter(isAhead) : []
  if (isBackwards) tiers.reverse()

  const parts = tiers.map(({tier, shortest, like, patterns}, index): Sql => {
    const isPlace = tier === placeTier
    const where = `
      currency = ? and octet_length(folded_name) >= ?::int
      ${isPlace ? `and (octet_length(folded_name), product_id) ${comparison} (?::int, ?::bigint)` : ''}`
    const bindings = [currency, shortest, ...(isPlace ? place : [])]
    const isNeeded = index > 0 ? `(select count(*) from tier_${index - 1}) < ${most}` : 'true'
    return {
      sql: `
        near_${index} as materialized (
          select *
          from (
            select * from listings
            where ${where}
            order by octet_length(folded_name) ${direction}, product_id ${direction}
            limit ${shortestNames}
          ) as shortest
          where ${like} and ${isNeeded}
          limit ${most}
        ),
        tier_${index} as materialized (
          select ${tier} as tier, near_${index}.* from near_${index}
          where (select count(*) from near_${index}) = ${most}
          union all
          select ${tier}, found.*
          from (
            select * from listings
            where ${where} and ${like}
            -- Not by the index of lengths, which has been tried.
            order by octet_length(folded_name) + 0 ${direction}, product_id ${direction}
            limit ${most}
          ) as found
          where (select count(*) from near_${index}) < ${most} and ${isNeeded}
        )`,
      bindings: [...bindings, ...patterns, ...bindings, ...patterns],
    }
  })
  if (parts.length === 0) return {sql: 'select null::bigint as id limit 0', bindings: []}
  return {
    sql: `
      with ${parts.map(({sql}) => sql).join(', ')}
      select product_id as id, name, amount as price, tier, octet_length(folded_name) as length
      from (${parts.map((_, index) => `select * from tier_${index}`).join(' union all ')}) as tiers
      order by tier ${direction}, length ${direction}, product_id ${direction}
      limit ${limit} offset ${offset}`,
    bindings: parts.flatMap(({bindings}) => bindings),
  }
}

/** Starts beyond a place, or at the row that the offset leads to, which is found in the index alone. */
function startStatement(list: List, slice: Slice): Sql {
  const {beyond, offset} = slice
  const columns = sortColumns(list.order)
  const names = columns.map(({name}) => name).join(', ')
  const comparison = directionOf(list, slice) === 'asc' ? '>' : '<'
  if (beyond) {
    const values = columns.map(({type}) => `?::${type}`).join(', ')
    return {sql: `where (${names}) ${comparison} (${values})`, bindings: beyond}
  }
  if (list.search || !offset) return {sql: '', bindings: []}
  const start = slice.usesMarks ? markedStart(list, slice, offset) : skipTo(list, slice, {offset: String(offset)})
  return {sql: `where (${names}) ${comparison}= (${start.sql})`, bindings: start.bindings}
}

/** Selects the key of the row at an offset, counted from an end of the list or from where `from` begins. */
function skipTo(list: List, slice: Slice, {from = '', offset}: {from?: string; offset: string}): Sql {
  const names = namesOf(list)
  const rows = rowStatement(list)
  return {
    sql: `select ${names} from (${rows.sql}) as skipped ${from} order by ${orderBy('skipped', list, slice)} limit 1 offset ${offset}`,
    bindings: rows.bindings,
  }
}

/**
 * The same, counted from the last mark that is surely not beyond it: changes since the marks were made may have moved each by as
 * many rows. How many they are exactly is computed for this mark alone. If there is none, counts from the end.
 */
function markedStart(list: List, slice: Slice, offset: number): Sql {
  const {currency, order} = list
  const isForwards = directionOf(list, slice) === 'asc'
  const count = exactCount(list)
  const names = namesOf(list)
  const key = sortColumns(order).map(({name}) => (name === 'id' ? 'product_id' : name === 'price' ? 'amount' : name))
  const marked = skipTo(list, slice, {
    from: `where (${names}) ${isForwards ? '>=' : '<'} (select ${key.join(', ')} from mark)`,
    offset: `(select ${isForwards ? `${offset} - before` : `${offset} - (count - before)`} from mark)`,
  })
  const unmarked = skipTo(list, slice, {
    from: 'where not exists (select from mark)',
    offset: String(offset),
  })
  return {
    sql: `
      with changed as materialized (
        select coalesce(sum(abs(delta)), 0) as rows, coalesce(bool_or(delta is null), false) as "isTooMuch"
        from listing_changes
        where currency = ?
      ),
      counted as materialized (${count.sql}),
      mark as materialized (
        select nearest.*, counted.count, rows_before + (
          select coalesce(sum(delta), 0)
          from listing_changes as change
          where change.currency = ?
            and (${key.map((column) => `change.${column}`).join(', ')}) < (${key.map((column) => `nearest.${column}`).join(', ')})
        ) as before
        from counted
        cross join lateral (
          select listing_marks.*
          from listing_marks, changed
          where currency = ? and ordering = ? and not changed."isTooMuch"
            and ${isForwards ? `rows_before + changed.rows <= ${offset}` : `rows_before - changed.rows >= counted.count - ${offset}`}
          order by rows_before ${isForwards ? 'desc' : 'asc'}
          limit 1
        ) as nearest
      )
      select *
      from ((${marked.sql}) union all (${unmarked.sql})) as start
      limit 1`,
    bindings: [
      currency,
      ...count.bindings,
      currency,
      currency,
      key[0] === 'product_id' ? 'id' : key[0],
      ...marked.bindings,
      ...unmarked.bindings,
    ],
  }
}

function namesOf({order}: List): string {
  return sortColumns(order)
    .map(({name}) => name)
    .join(', ')
}

/** Selects all rows of the list, with the columns for sorting. */
function rowStatement({currency, order, search}: List, source?: string): Sql {
  const match = order === 'match' && search ? matchTier(search) : undefined
  return {
    sql: `
      select product_id as id, name, amount as price
             ${match ? `, ${match.sql} as tier, octet_length(folded_name) as length` : ''}
      ${source ? `from ${source}` : `from listings where currency = ?${likes(search)}`}`,
    bindings: [...(match?.bindings ?? []), ...(source ? [] : [currency, ...(search?.patterns ?? [])])],
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
