import type {Knex} from 'knex'

import {InvalidCursorError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {type Product, type ProductFilter, toProducts} from './list.ts'
import {type Cursor, decodeCursor, encodeCursor} from './page-cursor.ts'
import {readListings} from './read-listings.ts'
import {prepareSearch} from './search.ts'

export type CursorPage<T> = {
  /** How many there are in all. */
  count: number
  /** Cursors, null at the end and at the start. */
  next: string | null
  previous: string | null
  results: T[]
}

export type WalkRequest = Omit<ProductFilter, 'currency'> & {
  currency?: Currency | undefined
  /** Empty at the beginning. It names a list of its own: what is asked for beside it must be the same. */
  cursor: string
  pageSize: number
  /** Where neither the cursor nor the request names a currency. */
  defaultCurrency: Currency
}

/**
 * A page that begins where the last one ended, whatever was sold, added or renamed in between: what stays as it is comes
 * once, and a page takes the same time wherever it is. Throws InvalidCursorError.
 */
export async function walkProducts(db: Knex, request: WalkRequest): Promise<CursorPage<Product>> {
  const {pageSize} = request
  const cursor = request.cursor === '' ? begin(request) : resume(decodeCursor(request.cursor), request)
  const {currency, order, place, isBackwards} = cursor
  const search = await prepareSearch(db, cursor.search ?? '')

  const {count, listings} = await readListings(
    db,
    {currency, order, search},
    {limit: pageSize + 1, beyond: place ?? undefined, isBackwards},
  )
  const page = isBackwards ? listings.slice(-pageSize) : listings.slice(0, pageSize)
  const isMore = listings.length > pageSize
  const hasNext = isBackwards ? place !== null : isMore
  const hasPrevious = isBackwards ? isMore : place !== null
  return {
    count,
    next: hasNext ? encodeCursor({...cursor, isBackwards: false, place: page.at(-1)?.place ?? null}) : null,
    previous: hasPrevious ? encodeCursor({...cursor, isBackwards: true, place: page[0]?.place ?? null}) : null,
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
