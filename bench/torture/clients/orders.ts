import type {Item, Outcome, Products} from '../history.ts'
import {readMember, readNumber, readText} from './http-client.ts'
import {isWorthRepeating, pauseBeforeTry, type Session, tell} from './session.ts'

const mostTries = 12

/** An order that was confirmed. */
export type Bought = {orderId: number; items: Item[]}

/** Orders some products, again with the same key if the outcome is unknown. Returns the order, if it was confirmed. */
export async function order(
  session: Session,
  {items, key, outcome: wanted}: {items: Item[]; key?: string; outcome?: string | undefined},
): Promise<Bought | undefined> {
  const {userId, methods, signal} = session
  const method = wanted === undefined ? undefined : methods.get(wanted)
  const request = {kind: 'order' as const, userId, items, ...(key !== undefined && {key}), isPaid: method !== undefined}
  const body = {
    items: items.map(({productId, quantity}) => ({product_id: productId, quantity})),
    ...(method !== undefined && {payment_method: method, return_url: 'https://shop.example/done'}),
  }
  for (let tries = 0; ; tries++) {
    const {reply, outcome} = await tell(session, request, {
      method: 'PUT',
      path: '/orders/create/',
      ...(key !== undefined && {headers: {'idempotency-key': key}}),
      body,
    })
    if (outcome.type === 'ok' && outcome.orderId !== undefined && reply.kind === 'answer') {
      await actOn(session, reply.body)
      return {orderId: outcome.orderId, items}
    }
    if (key === undefined || !isWorthRepeating(outcome) || tries >= mostTries || signal.aborted) return undefined
    await pauseBeforeTry(session, tries)
  }
}

/** Does at the bank what a payment requires, or forgets to. */
export async function actOn(session: Session, body: unknown): Promise<void> {
  const {random, userId} = session
  const url = readText(readMember(body, 'next_action'), 'url')
  if (url === undefined || random.chance(0.2)) return
  const outcome = random.chance(0.7) ? 'succeed' : 'fail'
  const {pathname} = new URL(url)
  await tell(session, {kind: 'action', userId}, {method: 'POST', path: pathname, body: {outcome}})
}

export async function cancel(session: Session, orderId: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const request = {kind: 'cancel' as const, userId: session.userId, orderId}
    const {outcome} = await tell(session, request, {method: 'POST', path: `/orders/${orderId}/cancel/`})
    if (!isWorthRepeating(outcome) || tries >= mostTries || session.signal.aborted) return
    await pauseBeforeTry(session, tries)
  }
}

/** An order that was confirmed is there at once, with what was ordered. */
export async function lookUp(session: Session, {orderId, items}: Bought): Promise<void> {
  const {userId, history} = session
  const {reply, outcome, id} = await tell(
    session,
    {kind: 'look-up', userId, detail: String(orderId)},
    {method: 'GET', path: `/orders/${orderId}/`},
  )
  if (isUnavailable(outcome) || reply.kind !== 'answer') return
  if (reply.status !== 200) {
    history.contradict(
      `Order ${orderId} was confirmed, and its look-up was answered with ${reply.status} ${reply.code}.`,
      id,
    )
    return
  }
  const shown = readMember(reply.body, 'items')
  const found = Array.isArray(shown)
    ? shown.map((item) => [readNumber(item, 'product_id'), readNumber(item, 'quantity')].join(' x '))
    : []
  const wanted = items.map(({productId, quantity}) => `${productId} x ${quantity}`)
  if (found.sort().join() !== wanted.sort().join()) {
    history.contradict(`Order ${orderId} was shown with ${found.join(', ')} instead of ${wanted.join(', ')}.`, id)
  }
}

/** The history has at least the orders that were confirmed. */
export async function readHistory(session: Session, confirmed: number): Promise<void> {
  const {userId, history} = session
  const {reply, outcome, id} = await tell(session, {kind: 'history', userId}, {method: 'GET', path: '/orders/history/'})
  if (isUnavailable(outcome) || reply.kind !== 'answer') return
  const count = readNumber(reply.body, 'count')
  if (count === undefined || count < confirmed) {
    history.contradict(`The history has ${count} orders after ${confirmed} were confirmed.`, id)
  }
}

function isUnavailable(outcome: Outcome): boolean {
  return isWorthRepeating(outcome)
}

/** Products to order: of one or several kinds, a unit or a few. */
export function chooseItems(
  {random}: Session,
  {hot, rare, many, ownProduct}: Products & {ownProduct: number},
  mark: number,
): Item[] {
  const productIds = new Set<number>()
  const draw = random.next()
  if (draw < 0.35) productIds.add(random.pick(hot))
  else if (draw < 0.55) productIds.add(random.pick(rare))
  else for (let count = random.between(1, 4); count > 0; count--) productIds.add(random.pick(many))
  if (random.chance(0.15)) productIds.add(random.pick(rare))
  const items = [...productIds].map((productId) => ({productId, quantity: random.between(1, 3)}))
  // No two orders of a client with this product are the same, so that one without a key can be told from others.
  if (random.chance(0.7)) items.push({productId: ownProduct, quantity: mark})
  return items
}
