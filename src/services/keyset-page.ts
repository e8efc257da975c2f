import {createHash} from 'node:crypto'

import {allOf, type Sql} from '../db/sql.ts'
import {InvalidCursorError} from '../errors.ts'
import {parseTime} from '../times.ts'
import {decodeChecked, encodeChecked} from './checked-text.ts'

/** A page of a list that grows at its beginning while it is read. */
export type KeysetPage<T> = {
  /** Cursors; null on the last and on the first page. */
  next: string | null
  previous: string | null
  results: T[]
}

export type KeysetRequest = {
  /** `next` or `previous` of another page of the same list; undefined or empty for the first page. */
  cursor?: string | undefined
  pageSize: number
}

type Row = {createdAt: string; id: number}

/** Rows after a place or, if backwards, before it. */
type Slice = {place: Row | undefined; isBackwards: boolean; limit: number}

/** How a list is sorted, newest first: by time and id, or by id where rows are only appended. */
type Order = 'id' | 'time'

/**
 * Reads a page of a list that is sorted newest first. Every row that was there from the beginning comes
 * exactly once, and every page takes the same time. `list` tells the list and its filters: a cursor is of one. Throws
 * InvalidCursorError.
 */
export async function readKeysetPage<T extends Row>(
  list: unknown,
  {cursor = '', pageSize}: KeysetRequest,
  read: (slice: Slice) => Promise<T[]>,
): Promise<KeysetPage<T>> {
  const digest = createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 8)
  const {place, isBackwards} = cursor === '' ? {place: undefined, isBackwards: false} : decode(cursor, digest)
  const rows = await read({place, isBackwards, limit: pageSize + 1})
  const isMore = rows.length > pageSize
  const results = rows.slice(0, pageSize)
  if (isBackwards) results.reverse()

  const hasNext = isBackwards || isMore
  const hasPrevious = isBackwards ? isMore : place !== undefined
  const encode = (row: Row | undefined, backwards: boolean) =>
    row ? encodeChecked([digest, backwards, row.createdAt, row.id]) : null
  return {
    next: hasNext ? encode(results.at(-1), false) : null,
    previous: hasPrevious ? encode(results[0], true) : null,
    results,
  }
}

function decode(cursor: string, digest: string): {place: Row; isBackwards: boolean} {
  const content = decodeChecked(cursor)
  const [list, isBackwards, createdAt, id] = Array.isArray(content) ? (content as unknown[]) : []
  const isPlace = typeof createdAt === 'string' && parseTime(createdAt) !== undefined && Number.isSafeInteger(id)
  if (!isPlace || typeof isBackwards !== 'boolean') {
    throw new InvalidCursorError('This cursor is not valid. To start with the first page, leave it out.')
  }
  if (list !== digest) {
    throw new InvalidCursorError(
      'The cursor belongs to a list with other filters. Repeat those filters, or leave the cursor out.',
    )
  }
  return {place: {createdAt, id: id as number}, isBackwards}
}

/** The rows of the table that satisfy the conditions, newest first; of a slice, in the order of reading. */
export function selectSlice(table: string, order: Order, filter: Sql[], slice?: Slice): Sql {
  const {place, isBackwards = false, limit} = slice ?? {}
  const comparison = isBackwards ? '>' : '<'
  const beyond =
    order === 'id'
      ? {sql: `${table}.id ${comparison} ?::bigint`, bindings: [place?.id]}
      : {
          sql: `(${table}.created_at, ${table}.id) ${comparison} (?::timestamptz, ?::bigint)`,
          bindings: [place?.createdAt, place?.id],
        }
  const all = allOf(place ? [...filter, beyond] : filter)
  return {
    sql: `select * from ${table}
      where ${all.sql}
      ${orderOf(table, order, isBackwards)} ${limit === undefined ? '' : 'limit ?'}`,
    bindings: [...all.bindings, ...(limit === undefined ? [] : [limit])],
  }
}

export function orderOf(table: string, order: Order, isBackwards = false): string {
  const direction = isBackwards ? 'asc' : 'desc'
  return `order by ${order === 'id' ? '' : `${table}.created_at ${direction}, `}${table}.id ${direction}`
}
