import {isDeepStrictEqual} from 'node:util'

import type {Round} from './play.ts'
import type {KeptOrder, Tables} from './read-tables.ts'
import {
  type Answer,
  type CancelRequest,
  contentOf,
  type OrderRequest,
  type Placed,
  type ShopRequest,
  type Told,
} from './requests.ts'
import {findStockContradictions} from './stock-contradictions.ts'

/** Compares the answers that clients got with the tables and with each other. Each contradiction is a sentence. */
export function findContradictions(round: Round, tables: Tables): string[] {
  const orders = ofKind(round.told, 'order')
  const cancellations = ofKind(round.told, 'cancel')
  const kept = new Map(tables.orders.map((order) => [order.id, order]))
  return [
    ...round.told.filter((one) => !isExpected(one)).map((one) => `unexpected: ${show(one)}`),
    ...findOrderContradictions(orders, tables.orders),
    ...findKeyContradictions(orders),
    ...tables.orders.flatMap((order) => findCancelContradictions(order, cancellations)),
    ...findStockContradictions(round, tables, kept),
  ]
}

function isExpected({request, answer}: Told): boolean {
  if (answer.kind === 'refused') return codes[request.kind].includes(answer.code)
  if (answer.kind === 'audited') return answer.findings.length === 0
  return answer.kind === successes[request.kind]
}

const successes: Record<ShopRequest['kind'], Answer['kind']> = {
  order: 'placed',
  cancel: 'cancelled',
  adjust: 'adjusted',
  audit: 'audited',
}

const codes: Record<ShopRequest['kind'], string[]> = {
  order: ['out_of_stock', 'idempotency_key_reused'],
  cancel: ['order_cancelled', 'unknown_order'],
  adjust: ['too_little_stock'],
  audit: [],
}

/** Each order in the tables was confirmed exactly once, replays aside, with exactly the lines that were asked for. */
function findOrderContradictions(told: Told<OrderRequest>[], orders: KeptOrder[]): string[] {
  const confirmations = groupBy(told.filter(isPlaced), ({answer}) => answer.orderId)
  const found: string[] = []
  for (const order of orders) {
    const first = confirmations.get(order.id)?.filter(({answer}) => !answer.isReplay) ?? []
    if (first.length !== 1) found.push(`order ${order.id} was confirmed ${first.length} times, replays aside`)
    for (const {request} of first) {
      if (!isDeepStrictEqual(request.items, order.items)) found.push(`other lines than asked for: ${show(order)}`)
    }
  }
  const byId = new Map(orders.map((order) => [order.id, order]))
  for (const [id, group] of confirmations) {
    const order = byId.get(id)
    const wrong = group.filter((one) => !order || !agrees(one, order))
    found.push(...wrong.map((one) => `the table has something else, ${show(order)}: ${show(one)}`))
  }
  return found
}

function agrees({request, answer}: Confirmation, order: KeptOrder): boolean {
  const {userId, key, items} = request
  return (
    order.userId === userId &&
    order.total === answer.total &&
    order.createdAt === answer.createdAt &&
    contentOf(order.items) === contentOf(items) &&
    isDeepStrictEqual(order.keys, key === undefined ? [] : [key])
  )
}

/** A user's key names one order and is refused with other items; once it is confirmed, this never changes. */
function findKeyContradictions(told: Told<OrderRequest>[]): string[] {
  const withKey = told.filter(({request}) => request.key !== undefined)
  const found: string[] = []
  for (const [key, group] of groupBy(withKey, ({request}) => `${request.userId} ${request.key ?? ''}`)) {
    const confirmations = group.filter(isPlaced)
    const ids = new Set(confirmations.map(({answer}) => answer.orderId))
    if (ids.size > 1) found.push(`${key} names the orders ${[...ids].join(', ')}`)
    const content = confirmations[0] && contentOf(confirmations[0].request.items)
    const known = Math.min(...confirmations.map(({answeredAt}) => answeredAt))
    for (const one of group) {
      const isReused = one.answer.kind === 'refused' && one.answer.code === 'idempotency_key_reused'
      const isSame = contentOf(one.request.items) === content
      if (isReused && (content === undefined || isSame)) found.push(`the key named no other order: ${show(one)}`)
      if (one.sentAt > known && !(isSame ? isPlaced(one) : isReused)) found.push(`the key was known: ${show(one)}`)
    }
  }
  return found
}

/** An order is cancelled at most once, and never by a stranger. */
function findCancelContradictions({id, userId, status}: KeptOrder, all: Told<CancelRequest>[]): string[] {
  const told = all.filter(({request}) => request.orderId === id)
  const found: string[] = []
  for (const one of told) {
    const isStranger = one.request.userId !== undefined && one.request.userId !== userId
    const isUnknown = one.answer.kind === 'refused' && one.answer.code === 'unknown_order'
    if (isStranger !== isUnknown) found.push(`cancelled or found by the wrong user: ${show(one)}`)
  }
  const done = told.filter(({answer}) => answer.kind === 'cancelled')
  const refused = told.filter(({answer}) => answer.kind === 'refused' && answer.code === 'order_cancelled')
  if (done.length !== (status === 'cancelled' ? 1 : 0)) {
    found.push(`order ${id} is ${status} and was cancelled ${done.length} times`)
  }
  const known = Math.min(...done.map(({answeredAt}) => answeredAt))
  const begun = Math.min(...done.map(({sentAt}) => sentAt))
  found.push(...done.filter(({sentAt}) => sentAt > known).map((one) => `it had been cancelled before: ${show(one)}`))
  found.push(
    ...refused.filter(({answeredAt}) => answeredAt < begun).map((one) => `nobody had cancelled it yet: ${show(one)}`),
  )
  return found
}

type Confirmation = Told<OrderRequest> & {answer: Placed}

function isPlaced(told: Told<OrderRequest>): told is Confirmation {
  return told.answer.kind === 'placed'
}

type RequestOf<Kind> = Extract<ShopRequest, {kind: Kind}>

function ofKind<Kind extends ShopRequest['kind']>(told: Told[], kind: Kind): Told<RequestOf<Kind>>[] {
  return told.filter((one): one is Told<RequestOf<Kind>> => one.request.kind === kind)
}

function groupBy<T, K>(list: T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

function show(what: unknown): string {
  return JSON.stringify(what)
}
