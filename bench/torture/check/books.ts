import type {Item} from '../history.ts'

/** What the tables of the shop and of the payment provider say at the end. */
export type Books = {
  orders: KeptOrder[]
  /** `least` is the least stock on hand that there ever was, by the ledger. */
  levels: {productId: number; onHand: number; reserved: number; held: number; least: number}[]
  adjustments: {note: string; productId: number; by: number}[]
}

export type KeptOrder = {
  id: number
  userId: number
  status: 'cancelled' | 'placed'
  /** In minor units. */
  total: number
  keys: string[]
  items: Item[]
  /** What the ledger says was taken from stock, and given back. */
  taken: Item[]
  returned: Item[]
  paymentStatus: string
  /** By the provider's books, in minor units: of all payments that were made for the order. */
  captured: number
  refunded: number
}

/** What was in the shop at the start. Prices are in minor units. */
export type Loaded = Map<number, {stock: number; price: number}>

export type Finding = {
  kind: 'doubled' | 'lost' | 'oversold' | 'wrong'
  text: string
  /** The numbers of requests in the history. */
  requests: number[]
}

/** The same for the same items in any order. */
export function contentOf(items: Item[]): string {
  return items
    .filter(({quantity}) => quantity !== 0)
    .map(({productId, quantity}) => `${productId} x ${quantity}`)
    .sort()
    .join(', ')
}
