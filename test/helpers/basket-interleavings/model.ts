import type {OrderItem} from '../../../src/services/checkout/new-order.ts'
import type {Answer, Line, Request} from './requests.ts'

/** Which refusals each request may meet. */
const expected: Record<Request['kind'], string[]> = {
  change: ['hold_limit', 'out_of_stock'],
  checkout: ['invalid_order', 'out_of_stock'],
  order: ['out_of_stock'],
  cancel: ['order_cancelled'],
  adjust: ['too_little_stock'],
  expire: [],
  sweep: [],
  audit: [],
}

/**
 * What a buyer's basket has to be, from nothing but the buyer's own requests and answers. The buyer sends one request after
 * the other, while everybody else does what they like.
 */
export class BuyerModel {
  readonly contradictions: string[] = []
  /** Of every order that was confirmed, the items. */
  readonly ordered = new Map<number, OrderItem[]>()
  #lines = new Map<number, number>()
  /** Units that were held when the last answer came, by product; no longer known after an own order. */
  #held = new Map<number, number>()
  #expiries = 0
  #expiriesWhenHeld = 0

  /** To be called before holds of the buyer are made to expire, and again afterwards. */
  expire(): void {
    this.#expiries++
  }

  /** Returns what to call with the answer. */
  send(request: Extract<Request, {userId: number}>): (answer: Answer) => void {
    const expiriesBefore = this.#expiries
    return (answer) => {
      const isSafe = this.#expiries === this.#expiriesWhenHeld
      if (answer.kind === 'refused') this.#refused(request, answer, isSafe)
      else if (answer.kind === 'changed' && request.kind === 'change') {
        this.#changed(request, answer.lines)
        this.#expiriesWhenHeld = expiriesBefore
      } else if (answer.kind === 'placed' && request.kind === 'checkout') this.#checkedOut(answer.orderId)
      else if (answer.kind === 'placed' && request.kind === 'order') {
        this.ordered.set(answer.orderId, request.items)
        this.#held.clear()
      } else this.#report('unexpected', request, answer)
    }
  }

  #changed(request: Extract<Request, {kind: 'change'}>, lines: Line[]): void {
    const {change} = request
    if (change.kind === 'set') this.#lines.set(change.item.productId, change.item.quantity)
    if (change.kind === 'remove') this.#lines.delete(change.productId)
    if (change.kind === 'clear') this.#lines.clear()
    for (const {productId, quantity} of change.kind === 'add' ? change.items : []) {
      this.#lines.set(productId, (this.#lines.get(productId) ?? 0) + quantity)
    }
    if (contentOf(lines) !== contentOf(this.#content())) this.#report('the basket is another', request, {lines})
    const overheld = lines.filter(({held, quantity}) => held > quantity)
    if (overheld.length > 0) this.#report('more is held than the line has', request, {lines})
    this.#held = new Map(lines.map(({productId, held}) => [productId, held]))
  }

  #checkedOut(orderId: number): void {
    this.ordered.set(orderId, this.#content())
    this.#lines.clear()
    this.#held.clear()
  }

  #refused(request: Request, answer: Extract<Answer, {kind: 'refused'}>, isSafe: boolean): void {
    const {code, shortages} = answer
    if (!expected[request.kind].includes(code)) this.#report('unexpected', request, answer)
    if (code === 'invalid_order' && this.#lines.size > 0) this.#report('the basket is not empty', request, answer)
    if (!isSafe) return
    // What is held cannot be missing.
    const wanted = new Map(wantedBy(request, this.#lines).map(({productId, quantity}) => [productId, quantity]))
    for (const {productId, requested, available} of shortages) {
      const held = this.#held.get(productId) ?? 0
      if (requested <= held || available < held) this.#report(`${held} of ${productId} are held`, request, answer)
      if (requested !== wanted.get(productId)) this.#report('another quantity was requested', request, answer)
    }
  }

  #content(): OrderItem[] {
    return [...this.#lines].map(([productId, quantity]) => ({productId, quantity}))
  }

  #report(what: string, ...details: unknown[]): void {
    this.contradictions.push(`${what}: ${JSON.stringify(details)}`)
  }
}

function wantedBy(request: Request, lines: Map<number, number>): OrderItem[] {
  if (request.kind === 'order') return request.items
  if (request.kind === 'checkout') return [...lines].map(([productId, quantity]) => ({productId, quantity}))
  if (request.kind !== 'change') return []
  const {change} = request
  if (change.kind === 'set') return [change.item]
  if (change.kind !== 'add') return []
  return change.items.map(({productId, quantity}) => ({productId, quantity: quantity + (lines.get(productId) ?? 0)}))
}

/** Equal for the same items in any order. */
export function contentOf(items: {productId: number; quantity: number}[]): string {
  return items
    .map(({productId, quantity}) => `${productId}:${quantity}`)
    .sort()
    .join(' ')
}

/** The answers of requests that are nobody's own. */
export function findUnexpected(request: Request, answer: Answer): string[] {
  const isExpected =
    answer.kind === 'done' ||
    (answer.kind === 'audited' && answer.findings.length === 0) ||
    (answer.kind === 'refused' && expected[request.kind].includes(answer.code))
  return isExpected ? [] : [`unexpected: ${JSON.stringify({request, answer})}`]
}
