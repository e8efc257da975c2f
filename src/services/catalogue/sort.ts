/** The orderings that a client may ask for; `-` is descending. */
export const orderings = ['name', '-name', 'price', '-price', 'id', '-id'] as const
export type Ordering = (typeof orderings)[number]

/**
 * The orders of lists: those that a client may ask for, and a search's best matches first. `broad` is the order of matches that
 * are too many to rank all of them: their tier is 2 or 3, and an index sorts each tier.
 */
export const listOrders = [...orderings, 'match', 'broad'] as const
export type ListOrder = (typeof listOrders)[number]

/** A row's values in the columns by which its list is sorted. They identify the row. */
export type Place = (number | string)[]

const columnTypes = {id: 'bigint', name: 'text', price: 'bigint', tier: 'int', length: 'int'} as const
export type SortColumn = keyof typeof columnTypes

const columnsByOrder: Record<ListOrder, SortColumn[]> = {
  name: ['name', 'id'],
  '-name': ['name', 'id'],
  price: ['price', 'id'],
  '-price': ['price', 'id'],
  id: ['id'],
  '-id': ['id'],
  match: ['tier', 'length', 'name', 'id'],
  broad: ['tier', 'length', 'id'],
}

export function sortColumns(order: ListOrder): {name: SortColumn; type: (typeof columnTypes)[SortColumn]}[] {
  return columnsByOrder[order].map((name) => ({name, type: columnTypes[name]}))
}

export function isDescending(order: ListOrder): boolean {
  return order.startsWith('-')
}
