import {formatAmount} from '../../../src/money.ts'
import type {Attempt, Item, Request} from '../history.ts'
import {contentOf, type Finding, type KeptOrder, type Loaded} from './books.ts'
import {groupBy} from './group-by.ts'

type Purchase = Attempt & {request: Extract<Request, {kind: 'checkout' | 'order'}>}

type Matched = {
  findings: Finding[]
  /** The requests that were told of each order. */
  confirmed: Map<number, number[]>
  /** Of these, the orders that were confirmed for good in at least one answer. */
  decided: Set<number>
}

/** Holds every order that was asked for against the tables: exactly once, at most once, or not at all. */
export function matchOrders(attempts: Attempt[], orders: KeptOrder[], loaded: Loaded): Matched {
  const purchases = attempts.filter(isPurchase)
  const byId = new Map(orders.map((order) => [order.id, order]))
  const findings: Finding[] = []
  const confirmed = new Map<number, number[]>()
  const decided = new Set<number>()

  const keyed = purchases.filter(({request}) => request.key !== undefined)
  const keyOf = (userId: number, key: string | undefined): string => `${userId} ${key}`
  const byKey = groupBy(
    orders.flatMap((order) => order.keys.map((key) => ({key: keyOf(order.userId, key), order}))),
    ({key}) => key,
  )
  const wanted = groupBy(keyed, ({request}) => keyOf(request.userId, request.key))
  for (const [key, tries] of wanted) {
    const kept = byKey.get(key)?.map(({order}) => order) ?? []
    findings.push(...judgeKey(tries, kept, byId))
  }

  for (const purchase of purchases) {
    const {id, request, outcome} = purchase
    if (outcome?.type !== 'ok' || outcome.orderId === undefined) continue
    confirmed.set(outcome.orderId, [...(confirmed.get(outcome.orderId) ?? []), id])
    if (outcome.isPending !== true) decided.add(outcome.orderId)
    const order = byId.get(outcome.orderId)
    if (!order) {
      const text = `Order ${outcome.orderId} was confirmed, and is not in the tables.`
      findings.push({kind: 'lost', text, requests: [id]})
    } else findings.push(...compareContent(purchase, order, loaded))
    if (request.key === undefined && (confirmed.get(outcome.orderId)?.length ?? 0) > 1) {
      const text = `Order ${outcome.orderId} was confirmed to several requests without a key.`
      findings.push({kind: 'lost', text, requests: confirmed.get(outcome.orderId) ?? []})
    }
  }

  const rest = orders.filter(
    ({id, keys, userId}) => !confirmed.has(id) && !keys.some((key) => wanted.has(keyOf(userId, key))),
  )
  const keyless = purchases.filter(({request}) => request.key === undefined)
  return {findings: [...findings, ...matchRest(rest, keyless)], confirmed, decided}
}

function isPurchase(attempt: Attempt): attempt is Purchase {
  return attempt.request.kind === 'checkout' || attempt.request.kind === 'order'
}

/** The requests with one key, and the orders that the tables have for it. */
function judgeKey(tries: Purchase[], kept: KeptOrder[], byId: Map<number, KeptOrder>): Finding[] {
  const requests = tries.map(({id}) => id)
  const key = tries[0]?.request.key ?? ''
  const told = [...new Set(tries.flatMap(({outcome}) => (outcome?.type === 'ok' ? [outcome.orderId] : [])))]
  const ids = kept.map(({id}) => id)
  if (told.length > 1) {
    return [{kind: 'doubled', text: `The key ${key} was answered with the orders ${told.join(', ')}.`, requests}]
  }
  if (ids.length > 1) {
    return [{kind: 'doubled', text: `The key ${key} placed the orders ${ids.join(', ')}.`, requests}]
  }
  const [orderId] = told
  if (orderId !== undefined) {
    const isOther = ids.length > 0 && !ids.includes(orderId)
    if (isOther) {
      return [
        {
          kind: 'doubled',
          text: `The key ${key} was answered with order ${orderId}, and placed ${ids.join()}.`,
          requests,
        },
      ]
    }
    // A checkout also names its basket, which an earlier key may have ordered.
    if (ids.length > 0 || !byId.has(orderId) || tries[0]?.request.kind === 'checkout') return []
    return [
      {kind: 'wrong', text: `The key ${key} was answered with order ${orderId}, but does not belong to it.`, requests},
    ]
  }
  const [order] = kept
  if (!order || tries.some(isOpen)) return []
  if (tries.some(isDeclined) && order.status === 'cancelled') return []
  return [{kind: 'doubled', text: `The key ${key} was refused, but its order ${order.id} is there.`, requests}]
}

/** Orders that no answer and no key names, against the requests without a key that may have placed them. */
function matchRest(orders: KeptOrder[], keyless: Purchase[]): Finding[] {
  const groupOf = (userId: number, items: Item[]): string => `${userId}: ${contentOf(items)}`
  const asked = groupBy(keyless, ({request}) => groupOf(request.userId, request.items))
  return [...groupBy(orders, ({userId, items}) => groupOf(userId, items))].flatMap(([group, kept]) => {
    const tries = asked.get(group) ?? []
    const open = tries.filter(isOpen).length
    const declined = tries.filter(isDeclined).length
    const cancelled = kept.filter(({status}) => status === 'cancelled').length
    if (kept.length - Math.min(cancelled, declined) <= open) return []
    const ids = kept.map(({id}) => id).join(', ')
    const text = `The orders ${ids} of user ${group} were confirmed to nobody, and ${open} such requests have no known outcome.`
    return [{kind: 'doubled' as const, text, requests: tries.map(({id}) => id)}]
  })
}

/** Whether the order may have been placed. */
function isOpen({outcome}: Purchase): boolean {
  return outcome === undefined || outcome.type === 'unknown'
}

/** An order whose payment is declined was placed, and is cancelled. */
function isDeclined({outcome}: Purchase): boolean {
  return outcome?.type === 'refused' && outcome.code === 'payment_declined'
}

function compareContent({id, request, outcome}: Purchase, order: KeptOrder, loaded: Loaded): Finding[] {
  const wrong = (what: string): Finding => ({kind: 'wrong', text: `Order ${order.id} ${what}.`, requests: [id]})
  const findings: Finding[] = []
  if (order.userId !== request.userId) findings.push(wrong(`belongs to user ${order.userId}`))
  if (contentOf(request.items) !== contentOf(order.items)) {
    findings.push(wrong(`has ${contentOf(order.items)} instead of ${contentOf(request.items)}`))
  }
  const total = order.items.reduce(
    (sum, {productId, quantity}) => sum + (loaded.get(productId)?.price ?? 0) * quantity,
    0,
  )
  if (total !== order.total) findings.push(wrong(`costs ${order.total} instead of ${total}`))
  if (outcome?.type === 'ok' && outcome.total !== formatAmount(total, 'USD')) {
    findings.push(wrong(`was confirmed at ${outcome.total} instead of ${formatAmount(total, 'USD')}`))
  }
  return findings
}
