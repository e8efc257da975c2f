import {z} from 'zod'

import {InvalidCursorError} from '../../errors.ts'
import {isCurrency} from '../../money.ts'
import {decodeChecked, encodeChecked} from '../checked-text.ts'
import {type ListOrder, listOrders, sortColumns} from './sort.ts'
import {maxSearchLength} from './search.ts'

/** A place in a list, and the list itself. It holds no row number, so it stays valid while rows come and go. */
export type Cursor = {
  currency: string
  order: ListOrder
  search: string | null
  /** Whether the page lies before the place, towards the start of the list. */
  isBackwards: boolean
  /** Null for the start of the list, or for its end if the cursor goes backwards. */
  place: (number | string)[] | null
}

const text = z.string().refine((value) => !value.includes('\0'))
const values = {name: text, price: z.int(), id: z.int(), tier: z.int32(), length: z.int32()}

const Content = z
  .tuple([
    z.literal(1),
    z.string().refine(isCurrency),
    z.enum(listOrders),
    text
      .max(maxSearchLength)
      .refine((search) => search.trim() !== '')
      .nullable(),
    z.boolean(),
    z.array(z.union([z.string(), z.number()])).nullable(),
  ])
  .transform(([, currency, order, search, isBackwards, place]): Cursor => ({
    currency,
    order,
    search,
    isBackwards,
    place,
  }))
  .refine(({order, search}) => (order !== 'match' && order !== 'broad') || search !== null)
  .refine(({order, place}) => place === null || isPlace(order, place))

function isPlace(order: ListOrder, place: unknown[]): boolean {
  const columns = sortColumns(order)
  return (
    place.length === columns.length && columns.every(({name}, index) => values[name].safeParse(place[index]).success)
  )
}

export function encodeCursor({currency, order, search, isBackwards, place}: Cursor): string {
  return encodeChecked([1, currency, order, search, isBackwards, place])
}

/** Throws InvalidCursorError for anything that `encodeCursor` did not make. A client may ask for any place. */
export function decodeCursor(encoded: string): Cursor {
  const result = Content.safeParse(decodeChecked(encoded))
  if (!result.success) throw new InvalidCursorError()
  return result.data
}
