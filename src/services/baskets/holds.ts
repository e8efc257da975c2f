import type {Wanted} from '../../errors.ts'
import type {Released} from '../../metrics/shop-metrics.ts'
import type {OrderItem} from '../checkout/new-order.ts'
import {type Allocation, requireAvailable, type Shelf} from '../stock/shelf.ts'

/** Units of a stock level that a basket holds, as the database has them. */
export type HoldRow = {
  basketId: number
  productId: number
  poolId: number
  quantity: number
  heldSince: string
  expiresAt: string
  isExpired: boolean
  /** When it would expire if it were extended now. */
  renewedUntil: string
}

/** The time of the batch, and when a hold that begins now would expire. */
export type HoldTimes = {now: string; freshUntil: string}

type Hold = Omit<HoldRow, 'renewedUntil'> & {
  /** Undefined for a hold that the batch itself began. */
  before: HoldRow | undefined
  /** Why it has no units left. */
  endedAs?: keyof Released
}

type WrittenHold = Pick<Hold, 'basketId' | 'expiresAt' | 'heldSince' | 'poolId' | 'productId' | 'quantity'>

/** What the batch changed: rows to write, rows to delete, and by how much `reserved` of the levels changed. */
export type HoldChanges = {
  added: WrittenHold[]
  changed: WrittenHold[]
  deleted: Pick<Hold, 'basketId' | 'poolId' | 'productId'>[]
  /** How many of the deleted ones ended for which reason. */
  released: Released
  reserved: Allocation[]
}

/**
 * Who holds what of the locked stock levels, while the jobs of a batch are decided one after another. Units are either
 * free, and on the shelf, or held. A hold that has expired belongs to its basket until somebody else needs its units.
 */
export class Holds {
  readonly #shelf: Shelf
  readonly #times: HoldTimes
  /** By basket, product and stock pool. A hold without units is to be deleted. */
  readonly #ofBasket = new Map<number, Map<number, Map<number, Hold>>>()
  readonly #expired = new Map<number, Hold[]>()

  constructor(rows: HoldRow[], times: HoldTimes, shelf: Shelf) {
    this.#shelf = shelf
    this.#times = times
    for (const row of rows) {
      const {basketId, productId, poolId, quantity, heldSince, expiresAt, isExpired} = row
      const line = this.#line(basketId, productId)
      // It was read twice if it has expired and its basket is in the batch.
      if (line.has(poolId)) continue
      const hold = {basketId, productId, poolId, quantity, heldSince, expiresAt, isExpired, before: row}
      line.set(poolId, hold)
      if (!isExpired) continue
      const expired = this.#expired.get(productId) ?? []
      expired.push(hold)
      this.#expired.set(productId, expired)
    }
  }

  /** How many units a basket holds of a product, expired or not. */
  held(basketId: number | undefined, productId: number): number {
    if (basketId === undefined) return 0
    return sumOf(this.#line(basketId, productId).values())
  }

  /** How many units a basket holds that have not expired, and when the first of them do. */
  lasting(basketId: number, productId: number): {held: number; heldUntil: string | null} {
    let held = 0
    let heldUntil: string | null = null
    for (const {quantity, expiresAt, isExpired} of this.#line(basketId, productId).values()) {
      if (quantity === 0 || isExpired) continue
      held += quantity
      if (heldUntil === null || expiresAt < heldUntil) heldUntil = expiresAt
    }
    return {held, heldUntil}
  }

  /** How many units a basket holds in all. */
  heldOf(basketId: number): number {
    return sumOf(holdsOf(this.#ofBasket.get(basketId)))
  }

  /** Whether a basket's hold of a product lasts no longer if it is extended. */
  isAtMaximum(basketId: number, productId: number): boolean {
    const holds = [...this.#line(basketId, productId).values()].filter(({quantity}) => quantity > 0)
    return holds.length > 0 && holds.every((hold) => !hold.isExpired && hold.before?.renewedUntil === hold.expiresAt)
  }

  /** How many seconds remain until the first hold of the basket expires, at least 1. */
  secondsToFirstExpiry(basketId: number): number {
    const own = holdsOf(this.#ofBasket.get(basketId)).filter(({quantity}) => quantity > 0)
    const times = own.map(({expiresAt}) => Date.parse(expiresAt))
    return Math.max(Math.ceil((Math.min(...times) - Date.parse(this.#times.now)) / 1000), 1)
  }

  secondsToNextMinute(): number {
    return 60 - new Date(this.#times.now).getUTCSeconds()
  }

  /** How many units a basket can have: free ones, its own, and those of other baskets whose holds have expired. */
  available(basketId: number | undefined, productId: number): number {
    const expired = this.#expiredOfOthers(basketId, productId)
    return this.#shelf.available(productId) + this.held(basketId, productId) + sumOf(expired)
  }

  /** Throws OutOfStockError that lists every item with too little stock for the basket. */
  requireStock(items: OrderItem[], basketId: number | undefined, of: Wanted = 'order'): void {
    requireAvailable(items, (productId) => this.available(basketId, productId), of)
  }

  /** Holds as many units as given, which must be available, and extends the hold unless it gets smaller and has not expired. */
  hold(basketId: number, {productId, quantity}: OrderItem): void {
    const held = this.held(basketId, productId)
    if (quantity < held) {
      this.release(basketId, {productId, quantity: held - quantity})
      this.#renewExpired(basketId, productId)
      return
    }
    this.#extend(basketId, productId)
    // Units that are added to a hold are held no longer than it.
    const {heldSince, expiresAt} = this.#oldest(basketId, productId) ?? this.#fresh
    const line = this.#line(basketId, productId)
    for (const {poolId, quantity: taken} of this.#takeFree(basketId, {productId, quantity: quantity - held})) {
      const hold = line.get(poolId) ?? {basketId, productId, poolId, quantity: 0, before: undefined, ...this.#fresh}
      if (hold.quantity === 0) Object.assign(hold, {heldSince, expiresAt, isExpired: false})
      hold.quantity += taken
      line.set(poolId, hold)
    }
  }

  /** Gives units of a hold back to the shelf. */
  release(basketId: number, {productId, quantity}: OrderItem): void {
    for (const {poolId, quantity: freed} of this.#takeHeld(basketId, {productId, quantity}, 'removed')) {
      this.#shelf.put(productId, poolId, freed)
    }
  }

  /** Takes items of a plain order: free units first, and then what the buyer's own basket holds. */
  takeForOrder(items: OrderItem[], basketId: number | undefined): Allocation[] {
    return items.flatMap((item) => {
      const free = Math.min(
        item.quantity,
        this.available(basketId, item.productId) - this.held(basketId, item.productId),
      )
      const taken = this.#takeFree(basketId, {...item, quantity: free})
      const rest = {...item, quantity: item.quantity - free}
      return mergeByLevel([...taken, ...(basketId === undefined ? [] : this.#takeHeld(basketId, rest, 'ordered'))])
    })
  }

  /** Takes items of a checkout: what the basket holds first, and then free units. */
  takeForCheckout(items: OrderItem[], basketId: number): Allocation[] {
    return items.flatMap((item) => {
      const held = Math.min(item.quantity, this.held(basketId, item.productId))
      const taken = this.#takeHeld(basketId, {...item, quantity: held}, 'ordered')
      return mergeByLevel([...taken, ...this.#takeFree(basketId, {...item, quantity: item.quantity - held})])
    })
  }

  changes(): HoldChanges {
    const holds = [...this.#ofBasket.values()].flatMap(holdsOf)
    const changed = holds.filter((hold) => hold.quantity !== (hold.before?.quantity ?? 0) || isExtended(hold))
    const deleted = changed.filter(({quantity, before}) => quantity === 0 && before)
    const released: Released = {}
    for (const {endedAs} of deleted) if (endedAs) released[endedAs] = (released[endedAs] ?? 0) + 1
    return {
      added: changed.filter(({quantity, before}) => quantity > 0 && !before),
      changed: changed.filter(({quantity, before}) => quantity > 0 && before),
      deleted,
      released,
      reserved: changed.map(({productId, poolId, quantity, before}) => ({
        productId,
        poolId,
        quantity: quantity - (before?.quantity ?? 0),
      })),
    }
  }

  #line(basketId: number, productId: number): Map<number, Hold> {
    const lines = this.#ofBasket.get(basketId) ?? new Map<number, Map<number, Hold>>()
    this.#ofBasket.set(basketId, lines)
    const line = lines.get(productId) ?? new Map<number, Hold>()
    lines.set(productId, line)
    return line
  }

  #expiredOfOthers(basketId: number | undefined, productId: number): Hold[] {
    const expired = this.#expired.get(productId) ?? []
    return expired.filter((hold) => hold.isExpired && hold.quantity > 0 && hold.basketId !== basketId)
  }

  /** Takes from the shelf. If that has too little, expired holds of other baskets end first. */
  #takeFree(basketId: number | undefined, item: OrderItem): Allocation[] {
    const {productId, quantity} = item
    if (quantity === 0) return []
    if (this.#shelf.available(productId) < quantity) {
      for (const hold of this.#expiredOfOthers(basketId, productId)) {
        this.#shelf.put(productId, hold.poolId, hold.quantity)
        hold.quantity = 0
        hold.endedAs = 'expired'
      }
    }
    return this.#shelf.take([item])
  }

  #takeHeld(basketId: number, {productId, quantity}: OrderItem, reason: 'ordered' | 'removed'): Allocation[] {
    const taken: Allocation[] = []
    let missing = quantity
    for (const hold of this.#line(basketId, productId).values()) {
      const units = Math.min(hold.quantity, missing)
      if (units === 0) continue
      hold.quantity -= units
      hold.endedAs = reason
      missing -= units
      taken.push({productId, poolId: hold.poolId, quantity: units})
    }
    return taken
  }

  /** A hold that has expired begins anew; another one gets no older than its maximum. */
  #extend(basketId: number, productId: number): void {
    this.#renewExpired(basketId, productId)
    for (const hold of this.#line(basketId, productId).values()) {
      if (hold.quantity > 0 && hold.before && hold.before.renewedUntil > hold.expiresAt) {
        hold.expiresAt = hold.before.renewedUntil
      }
    }
  }

  #renewExpired(basketId: number, productId: number): void {
    for (const hold of this.#line(basketId, productId).values()) {
      if (hold.isExpired && hold.quantity > 0) Object.assign(hold, this.#fresh)
    }
  }

  get #fresh(): Pick<Hold, 'expiresAt' | 'heldSince' | 'isExpired'> {
    return {heldSince: this.#times.now, expiresAt: this.#times.freshUntil, isExpired: false}
  }

  #oldest(basketId: number, productId: number): Hold | undefined {
    const holds = [...this.#line(basketId, productId).values()].filter(({quantity}) => quantity > 0)
    return holds.reduce<Hold | undefined>(
      (oldest, hold) => (oldest && oldest.heldSince <= hold.heldSince ? oldest : hold),
      undefined,
    )
  }
}

function holdsOf(lines: Map<number, Map<number, Hold>> | undefined): Hold[] {
  return [...(lines?.values() ?? [])].flatMap((line) => [...line.values()])
}

function isExtended({expiresAt, quantity, before}: Hold): boolean {
  return quantity > 0 && expiresAt !== before?.expiresAt
}

function sumOf(holds: Iterable<Hold>): number {
  let sum = 0
  for (const {quantity} of holds) sum += quantity
  return sum
}

function mergeByLevel(allocations: Allocation[]): Allocation[] {
  if (allocations.length < 2) return allocations
  const merged = new Map<number, Allocation>()
  for (const {productId, poolId, quantity} of allocations) {
    merged.set(poolId, {productId, poolId, quantity: (merged.get(poolId)?.quantity ?? 0) + quantity})
  }
  return [...merged.values()]
}
