import type {Knex} from 'knex'

import {InvalidCursorError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {type Product, type ProductFilter, toProducts} from './list.ts'
import {type Cursor, decodeCursor, encodeCursor} from './page-cursor.ts'
import {readListings} from './read-listings.ts'
import {prepareSearch} from './search.ts'

export type CursorPage<T> = {
  /** The number of rows in the whole list. */
  count: number
  /** Cursors; null on the last and on the first page. */
  next: string | null
  previous: string | null
  results: T[]
}

export type WalkRequest = Omit<ProductFilter, 'currency'> & {
  currency?: Currency | undefined
  /** Empty for the first page. A cursor names its list, and must agree with the other parameters, if given. */
  cursor: string
  pageSize: number
  /** The currency if neither the cursor nor the request names one. */
  defaultCurrency: Currency
}

/**
 * Returns a page that begins where the previous one ended, whatever was sold, added or renamed in between. A product that
 * does not change comes exactly once, and every page takes the same time. All pages of a walk have the order of the first one.
 * A search counts up to `most` matches. Throws InvalidCursorError.
 */
export async function walkProducts(
  db: Knex,
  {most, ...request}: WalkRequest & {most?: number},
): Promise<CursorPage<Product> & {isMore: boolean}> {
  const {pageSize} = request
  const cursor = request.cursor === '' ? begin(request) : resume(decodeCursor(request.cursor), request)
  const {currency, place, isBackwards} = cursor
  const search = await prepareSearch(db, cursor.search ?? '')

  const {count, isMore, order, listings} = await readListings(
    db,
    {currency, order: cursor.order, search},
    {limit: pageSize + 1, beyond: place ?? undefined, isBackwards},
    most,
  )
  const page = isBackwards ? listings.slice(-pageSize) : listings.slice(0, pageSize)
  const isFull = listings.length > pageSize
  const hasNext = isBackwards ? place !== null : isFull
  const hasPrevious = isBackwards ? isFull : place !== null
  return {
    count,
    isMore,
    next: hasNext ? encodeCursor({...cursor, order, isBackwards: false, place: page.at(-1)?.place ?? null}) : null,
    previous: hasPrevious ? encodeCursor({...cursor, order, isBackwards: true, place: page[0]?.place ?? null}) : null,
    results: toProducts(page, currency),
  }
}

function begin({currency, defaultCurrency, ordering, search = ''}: WalkRequest): Cursor {
  const isSearch = search.trim() !== ''
  return {
    currency: currency ?? defaultCurrency,
    order: ordering ?? (isSearch ? 'match' : 'name'),
    search: isSearch ? search : null,
    isBackwards: false,
    place: null,
  }
}

function resume(cursor: Cursor, {currency, ordering, search}: WalkRequest): Cursor {
  const isSame =
    (currency ?? cursor.currency) === cursor.currency &&
    (ordering ?? cursor.order) === cursor.order &&
    (search ?? cursor.search ?? '').trim() === (cursor.search ?? '').trim()
  if (!isSame) {
    throw new InvalidCursorError(
      'The cursor belongs to a list with another currency, ordering or search. Leave them out, or start with an empty cursor.',
    )
  }
  return cursor
}
