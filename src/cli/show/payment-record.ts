import {formatAmount} from '../../money.ts'
import type {PaymentSummary} from '../../services/payments/operators/list.ts'
import {type PaymentState, statusOf} from '../../services/payments/payment.ts'
import type {PaymentRecord} from '../../services/payments/operators/record.ts'
import type {Refund} from '../../services/payments/refunds.ts'
import {describeOperator, formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

/** The state says how much was captured, and nearly how much was refunded. Both would not fit into 80 columns. */
export const summaryColumns: Column[] = [
  {head: 'Order', align: 'right'},
  {head: 'User', wraps: true},
  {head: 'State', wraps: true},
  {head: 'Amount', align: 'right', wraps: true},
  {head: 'Next try (UTC)', wraps: true},
  {head: 'Created (UTC)', wraps: true},
]

export function summaryRow(payment: PaymentSummary): string[] {
  const {orderId, username, state, amount, currency, nextTryAt, createdAt} = payment
  return [
    String(orderId),
    printable(username),
    state,
    formatMoney(amount, currency),
    nextTryAt === null ? '' : formatTime(nextTryAt),
    formatTime(createdAt),
  ]
}

/** `Payment: paid (captured). 20.00 of 20.00 USD captured, 5.00 refunded.`, and what else there is to know. */
export function describePayment(payment: PaymentRecord): string[] {
  const {state, captured, refunded, amount, currency, provider, providerId, reference, brand, last4} = payment
  const {declineCode, isCancelRequested, dueAt, nextTryAt} = payment
  const isOpen = ['pending', 'authorized'].includes(statusOf(state))
  const amounts = `${formatAmount(captured, currency)} of ${formatMoney(amount, currency)} captured`
  const card = [brand, last4].filter((part) => part !== null).join(' ')
  return [
    `Payment: ${describeState(state)}. ${amounts}, ${formatAmount(refunded, currency)} refunded.`,
    `  Method: ${printable(card)}`,
    `  Id at the provider (${provider}): ${providerId === null ? 'none yet' : printable(providerId)}`,
    `  Reference: ${reference}`,
    ...(declineCode === null ? [] : [`  Declined with: ${printable(declineCode)}`]),
    ...(dueAt === null ? [] : [`  The buyer has until ${formatTime(dueAt)} UTC to act.`]),
    ...(isCancelRequested && isOpen ? ['  The order is cancelled as soon as the provider allows it.'] : []),
    ...(nextTryAt === null ? [] : [`  The provider is asked again at ${formatTime(nextTryAt)} UTC.`]),
    ...(isLeftToOperators(payment)
      ? ['  Nothing more is tried: an operator has to decide. See docs/payments.md.']
      : []),
  ]
}

/** `pending (unknown)`: as in the order, and in more detail. */
function describeState(state: PaymentState): string {
  const status = statusOf(state)
  return status === state ? state : `${status} (${state})`
}

function isLeftToOperators({state, nextTryAt}: PaymentRecord): boolean {
  return state === 'mismatch' || (nextTryAt === null && (state === 'submitted' || state === 'unknown'))
}

export const refundColumns: Column[] = [
  {head: 'Refund', align: 'right'},
  {head: 'Amount', align: 'right'},
  {head: 'State'},
  {head: 'Failure', wraps: true},
  {head: 'Requested (UTC)', wraps: true},
  {head: 'By', wraps: true},
]

export function refundRows({refunds, currency}: Pick<PaymentRecord, 'currency' | 'refunds'>): string[][] {
  return refunds.map(({id, amount, state, failure, createdAt, operator, note}) => [
    String(id),
    formatMoney(amount, currency),
    state,
    printable(failure ?? ''),
    formatTime(createdAt),
    describeOperator(operator, note),
  ])
}

export const attemptColumns: Column[] = [
  {head: 'Time (UTC)', wraps: true},
  {head: 'Operation'},
  {head: 'Event'},
  {head: 'Outcome', wraps: true},
]

export function attemptRows({attempts}: PaymentRecord): string[][] {
  return attempts.map(({at, operation, event, outcome}) => [formatTime(at), operation, event, printable(outcome ?? '')])
}

/** `Refunded 5.00 USD of order 7.`, or how far it got. */
export function describeRefund(
  {amount, state}: Refund,
  {orderId, currency, isReplay}: {orderId: number; currency: string; isReplay: boolean},
): string {
  const what = `${formatMoney(amount, currency)} of order ${orderId}`
  if (state === 'succeeded') return isReplay ? `Already refunded ${what}.` : `Refunded ${what}.`
  return `Asked for the refund of ${what}. A server that takes payments sees to it until the provider has confirmed it.`
}

/** What to do about a refund that the provider refused, with its code if it gave one. A key belongs to one refund. */
export function describeRefusedRefund(
  {amount, failure}: Refund,
  {orderId, currency, hasKey}: {orderId: number; currency: string; hasKey: boolean},
): string {
  const reason = failure === null || failure === 'failed' ? '' : `: ${printable(failure)}`
  return [
    `The provider refused to refund ${formatMoney(amount, currency)} of order ${orderId}${reason}.`,
    `To try again, run the same command${hasKey ? ' with a new --idempotency-key' : ''}. If it is refused again, see docs/payments.md.`,
  ].join('\n')
}

/** What the cancellation of an order means for its payment. */
export function describePendingRefunds({refunds, currency}: PaymentRecord): string[] {
  return refunds
    .filter(({state}) => state === 'requested' || state === 'submitted' || state === 'pending')
    .map(({amount}) => `  A server that takes payments refunds ${formatMoney(amount, currency)}.`)
}
