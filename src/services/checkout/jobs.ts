import {randomUUID} from 'node:crypto'

import type {Wanted} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {hashToken} from '../accounts/tokens.ts'
import type {Charge} from '../payments/charge.ts'
import {defaultOrderItems, fingerprintOf, type NewOrder, type OrderItem, requireItems, withMethod} from './new-order.ts'
import {newRequestId} from './request-id.ts'

/** Something that the checkout queue decides. */
export type Job = BasketChange | Checkout | NewOrder

/** What a change does to the basket: `set` and `add` hold stock, `hold` extends or takes up holds, the others give it back. */
export type Change =
  | {kind: 'add'; items: OrderItem[]}
  | {kind: 'clear'}
  | {kind: 'hold'}
  | {kind: 'remove'; productId: number}
  | {kind: 'set'; item: OrderItem}

type Caller = {
  userId: number
  /** Versions of the basket, as `versionOf` names them, one of which it must have. */
  ifVersions?: readonly string[]
  /** The hash of the user's token, which must be valid when the job is decided. */
  tokenHash?: Buffer
}

export type BasketChange = Caller & {
  kind: 'change'
  change: Change
  /** The currency of the basket if this change creates it. */
  currency: Currency
  /** Of an addition, which must not happen twice: its client's key, or else one that no client can send. */
  idempotency?: {key: string; fingerprint: string}
}

/** Orders everything in the user's basket. */
export type Checkout = Caller & {
  kind: 'checkout'
  /** Made before the transaction, so that the order can be looked up after a lost COMMIT. */
  requestId: string
  /** The basket that the user means. Without it, the current one. */
  basketId?: number
  currency: Currency
  /** In minor units. An order with another total is refused. */
  expectedTotal?: number
  idempotency?: {key: string; fingerprint: string}
  /** Without one, the order is not paid through the shop. */
  charge?: Charge
}

/** Throws InvalidOrderError if there are no items or too many, or one has a product twice or a quantity below 1. */
export function newChange({
  userId,
  change,
  currency,
  maxItems = defaultOrderItems,
  ifVersions,
  idempotencyKey,
  token,
}: {
  userId: number
  change: Change
  currency: Currency
  /** The most items of an addition. */
  maxItems?: number
  ifVersions?: readonly string[] | undefined
  idempotencyKey?: string | undefined
  token?: string | undefined
}): BasketChange {
  if (change.kind === 'add') requireItems(change.items, maxItems)
  if (change.kind === 'set') requireItems([change.item], 1)
  return {
    kind: 'change',
    userId,
    change,
    currency,
    ...(ifVersions && {ifVersions}),
    ...(token !== undefined && {tokenHash: hashToken(token)}),
    ...(change.kind === 'add' && {
      // Clients cannot send a control character in a header.
      idempotency: {key: idempotencyKey ?? `\u0001${randomUUID()}`, fingerprint: fingerprintOf('add', change.items)},
    }),
  }
}

export function newCheckout({
  userId,
  basketId,
  currency,
  expectedTotal,
  charge,
  ifVersions,
  idempotencyKey,
  token,
}: {
  userId: number
  basketId?: number | undefined
  currency: Currency
  expectedTotal?: number | undefined
  charge?: Charge | undefined
  ifVersions?: readonly string[] | undefined
  idempotencyKey?: string | undefined
  token?: string | undefined
}): Checkout {
  return {
    kind: 'checkout',
    userId,
    requestId: newRequestId(),
    currency,
    ...(basketId !== undefined && {basketId}),
    ...(charge && {charge}),
    ...(expectedTotal !== undefined && {expectedTotal}),
    ...(ifVersions && {ifVersions}),
    ...(token !== undefined && {tokenHash: hashToken(token)}),
    ...(idempotencyKey !== undefined && {
      idempotency: {
        key: idempotencyKey,
        fingerprint: fingerprintOf(withMethod(`checkout ${basketId ?? ''} ${currency}`, charge), []),
      },
    }),
  }
}

export function isOrder(job: Job): job is NewOrder {
  return job.kind === 'order'
}

/** What a job is about, for the text of its refusal. */
export function wantedBy(job: Job): Wanted {
  return job.kind === 'change' ? 'basket' : 'order'
}

/** The products that a job names. Those of a checkout are known only once its basket is read. */
export function itemsOf(job: Job): OrderItem[] {
  if (job.kind === 'order') return job.items
  if (job.kind === 'checkout') return []
  const {change} = job
  if (change.kind === 'add') return change.items
  if (change.kind === 'set') return [change.item]
  return change.kind === 'remove' ? [{productId: change.productId, quantity: 0}] : []
}

/** Whether a job concerns all lines of a basket, whatever they are. */
export function isOfWholeBasket(job: Job): boolean {
  return (
    job.kind === 'checkout' || (job.kind === 'change' && (job.change.kind === 'clear' || job.change.kind === 'hold'))
  )
}

/** Whether a job puts something into a basket, and so creates it if there is none. */
export function isFilling(job: Job): job is BasketChange {
  return job.kind === 'change' && (job.change.kind === 'add' || job.change.kind === 'set')
}

/** Whether a job asks for stock to be held. */
export function asksForHold(job: Job): boolean {
  return job.kind === 'change' && (job.change.kind === 'add' || job.change.kind === 'hold' || job.change.kind === 'set')
}
