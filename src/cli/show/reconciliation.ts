import {formatAmount} from '../../money.ts'
import type {Difference, DifferenceKind} from '../../services/payments/operators/reconcile.ts'
import type {Entry} from '../../services/payments/operators/reconcile/compare.ts'
import {countOf} from '../../text.ts'
import {formatMoney, printable} from './format.ts'

const texts: Record<DifferenceKind, string> = {
  differs: 'differs',
  not_refunded: 'is cancelled, and its money was not refunded',
  only_ours: 'is unknown to the provider',
  only_theirs: 'belongs to no order',
  overdue: 'is overdue',
}

/** `Order 5 differs.`, then what each side says. */
export function describeDifference({kind, orderId, providerId, ours, theirs, isFixed}: Difference): string[] {
  const what = orderId === null ? 'A payment' : `Order ${orderId}`
  return [
    `${what} ${texts[kind]}${isFixed ? ': fixed' : ''}.`,
    ...(ours ? [`  shop: ${describeEntry(ours)}`] : []),
    ...(theirs ? [`  provider: ${describeEntry(theirs)}`] : []),
    ...(providerId === null ? [] : [`  ${printable(providerId)}`]),
  ]
}

function describeEntry({state, amount, captured, refunded, currency}: Entry): string {
  const amounts = `${formatAmount(captured, currency)} captured, ${formatAmount(refunded, currency)} refunded`
  return `${state}, ${formatMoney(amount, currency)}: ${amounts}`
}

export function describeReconciliation({found, fixed}: {found: number; fixed: number}): string {
  if (found === 0) return 'The books of the shop and of the provider agree.'
  const advice = found > fixed ? ' docs/payments.md says what to do.' : ''
  return `Found ${countOf(found, 'difference')}${fixed === 0 ? '' : `, and fixed ${fixed}`}.${advice}`
}
