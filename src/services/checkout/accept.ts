import {InvalidOrderError, ShopError, TokenEndedError, TotalMismatchError} from '../../errors.ts'
import {tokenKey} from '../accounts/tokens.ts'
import {paymentOf} from '../payments/charge.ts'
import type {Checkout, Job} from './jobs.ts'
import type {NewOrder, OrderItem, PlacedOrder, Placement} from './new-order.ts'
import type {Offers, OrderLine} from './offers.ts'
import type {AcceptedOrder} from './order-writes.ts'

// What plain orders (decide.ts) and those of users with baskets (basket-batch.ts) have in common.

export type Refusal = {refusal: ShopError}

export type Terms = Omit<AcceptedOrder, 'allocations'>

/** Decides a job whose token has not ended. A refusal does not affect the other jobs of its batch. */
export function decideOne<Decision>(
  {userId, tokenHash}: Pick<Job, 'tokenHash' | 'userId'>,
  tokens: Set<string>,
  decide: () => Decision,
): Decision | Refusal {
  try {
    if (tokenHash && !tokens.has(tokenKey(userId, tokenHash))) throw new TokenEndedError()
    return decide()
  } catch (error) {
    if (error instanceof ShopError) return {refusal: error}
    throw error
  }
}

/** What an order costs, and how it is paid. Throws what `requireStock` throws, or another ShopError. */
export function termsOf(
  order: Checkout | NewOrder,
  {items, offers, requireStock}: {items: OrderItem[]; offers: Offers; requireStock: () => void},
): Terms {
  const {currency} = order
  const lines = offers.price(items, currency)
  requireStock()
  const total = sumLines(lines)
  requireExpectedTotal(order, total)
  return {order, placedAt: offers.readAt, lines, total, payment: paymentOf(order.charge, {amount: total, currency})}
}

/** Throws InvalidOrderError if the total is not a safe integer. */
function sumLines(lines: OrderLine[]): number {
  const total = lines.reduce((sum, {unitPrice, quantity}) => sum + unitPrice * quantity, 0)
  if (!Number.isSafeInteger(total)) throw new InvalidOrderError([{message: 'The total of the order is too large.'}])
  return total
}

/** Throws TotalMismatchError if the buyer expected another total. */
function requireExpectedTotal(
  {expectedTotal, currency}: Pick<NewOrder, 'currency' | 'expectedTotal'>,
  total: number,
): void {
  if (expectedTotal !== undefined && expectedTotal !== total) {
    throw new TotalMismatchError({expectedTotal, total, currency})
  }
}

/** Of an order that the batch has placed, or an earlier one. `placed` has both by their request ids. */
export function placedOutcome(
  decision: AcceptedOrder | {repeats: string},
  placed: ReadonlyMap<string, PlacedOrder>,
): {status: 'placed'; placement: Placement} {
  const isReplay = 'repeats' in decision
  const order = placed.get(isReplay ? decision.repeats : decision.order.requestId)
  if (!order) throw new Error('An accepted order is missing among the written ones.')
  return {status: 'placed', placement: {order, isReplay}}
}
