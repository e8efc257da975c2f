import type {ProviderPayment} from '../../../../gateways/gateway.ts'
import type {OwnPayment} from './own-payments.ts'

/** What one side's books say of a payment. */
export type Entry = {
  /** As that side calls it. */
  state: string
  currency: string
  /** In minor units of the currency. */
  amount: number
  captured: number
  refunded: number
}

export function ourEntry({state, currency, amount, captured, refunded}: OwnPayment): Entry {
  return {state, currency, amount, captured, refunded}
}

export function theirEntry({state, money, captured, refunded}: ProviderPayment): Entry {
  return {state: state.kind, ...money, captured, refunded}
}

export function agrees(ours: OwnPayment, theirs: ProviderPayment): boolean {
  const {money, captured, refunded} = theirs
  // No money is at stake, whichever side ended it, and whatever was paid and given back.
  if (ours.state === 'declined' || ours.state === 'cancelled') return !mayHoldMoney(theirs)
  return (
    ours.amount === money.amount &&
    ours.currency === money.currency &&
    ours.captured === captured &&
    ours.refunded === refunded &&
    providerState(ours) === theirs.state.kind
  )
}

/** The provider keeps refunds apart from the state. */
function providerState({state}: OwnPayment): string {
  return state === 'partially_refunded' || state === 'refunded' ? 'captured' : state
}

/** Whether the provider has money of a buyer, or may still get some. */
export function mayHoldMoney({state: {kind}, captured, refunded}: ProviderPayment): boolean {
  return kind === 'captured' ? captured > refunded : kind !== 'declined' && kind !== 'cancelled'
}
