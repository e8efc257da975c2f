import type {Outcome} from '../history.ts'
import {contentOf, type Finding, type KeptOrder} from './books.ts'

type Cancel = {id: number; outcome: Outcome | undefined}

/** Cancels that were confirmed, the stock of an order, and its money. */
export function judgeOrder(
  order: KeptOrder,
  {cancels, confirmedBy, isDecided}: {cancels: Cancel[]; confirmedBy: number[]; isDecided: boolean},
): Finding[] {
  const requests = [...confirmedBy, ...cancels.map(({id}) => id)]
  const find = (kind: Finding['kind'], what: string): Finding => ({kind, text: `Order ${order.id} ${what}.`, requests})
  const isCancelled = order.status === 'cancelled'
  const findings: Finding[] = []

  if (!isCancelled && cancels.some(({outcome}) => isDone(outcome))) {
    findings.push(find('lost', 'was cancelled, and is placed'))
  }
  // An action that comes too late is charged, and refunded.
  const hasFailed = !isDecided && ['failed', 'refunded'].includes(order.paymentStatus)
  const mayBeCancelled = hasFailed || cancels.some(({outcome}) => isPossible(outcome))
  if (isCancelled && confirmedBy.length > 0 && !mayBeCancelled) {
    findings.push(find('lost', 'was confirmed, and is cancelled although nobody asked for it'))
  }

  const [items, taken, returned] = [order.items, order.taken, order.returned].map(contentOf)
  if (taken !== items) findings.push(find('wrong', `took ${taken} out of stock for ${items}`))
  const due = isCancelled ? items : ''
  if (returned !== due) findings.push(find('wrong', `gave back ${orNothing(returned)} instead of ${orNothing(due)}`))

  const paid = order.captured - order.refunded
  const isPaid = ['paid', 'partially_refunded'].includes(order.paymentStatus)
  const owed = isPaid && !isCancelled ? order.total : 0
  if (paid !== owed) {
    const kind = order.captured > order.total ? 'doubled' : 'wrong'
    const state = `${order.status}, payment ${order.paymentStatus}`
    findings.push(find(kind, `(${state}) owes ${owed}, and the provider kept ${order.captured} - ${order.refunded}`))
  }
  return findings
}

function orNothing(content: string | undefined): string {
  return content === undefined || content === '' ? 'nothing' : content
}

/** An order that is already cancelled stays so. */
function isDone(outcome: Outcome | undefined): boolean {
  return outcome?.type === 'ok' || (outcome?.type === 'refused' && outcome.code === 'order_cancelled')
}

function isPossible(outcome: Outcome | undefined): boolean {
  // An order whose payment is pending is cancelled later.
  return outcome?.type !== 'refused' || outcome.code === 'payment_pending'
}
