import {setTimeout as sleep} from 'node:timers/promises'

import type {History, Outcome, Request} from '../history.ts'
import type {Random} from '../random.ts'
import {type Call, type HttpClient, readNumber, type Reply, readText} from './http-client.ts'

/** One user with a client, who does one thing after the other. */
export type Session = {
  name: string
  userId: number
  http: HttpClient
  history: History
  random: Random
  /** Payment methods, by the outcome of their payments. */
  methods: Map<string, number>
  /** No new requests are sent once it aborts. */
  signal: AbortSignal
}

/** Refusals that say that nothing happened, and that the same request may succeed later. */
const passing = new Set([
  'checkout_busy',
  'database_unavailable',
  'payment_unavailable',
  'schema_outdated',
  'shutting_down',
  'stock_locked',
  'too_many_connections',
])

/** Sends a request, and records it with its answer. */
export async function tell(
  {name, http, history}: Session,
  request: Request,
  call: Call,
): Promise<{reply: Reply; outcome: Outcome; id: number}> {
  const {id, end} = history.invoke(name, request)
  const reply = await http.send(call)
  const outcome = outcomeOf(reply, request)
  end(outcome)
  if (reply.kind === 'answer' && isUnexpected(reply.status, outcome)) {
    history.contradict(`${call.method} ${call.path} was answered with ${reply.status} ${reply.code}.`, id)
  }
  return {reply, outcome, id}
}

function outcomeOf(reply: Reply, {kind}: Request): Outcome {
  if (reply.kind === 'unsent') return {type: 'refused', code: reply.code}
  if (reply.kind === 'silence') return {type: 'unknown', code: reply.code}
  const {status, code, body} = reply
  if (status < 300) {
    const orderId = readNumber(body, 'order_id')
    const total = readText(body, 'total_price')
    const isPending = readText(body, 'payment_status') === 'pending'
    return {
      type: 'ok',
      ...(orderId !== undefined && {orderId}),
      ...(total !== undefined && {total}),
      ...(isPending && {isPending}),
    }
  }
  // Only orders and changes of baskets promise that they did not happen if the database was away.
  const isRefused = status < 500 || (passing.has(code) && kind !== 'cancel')
  return {type: isRefused ? 'refused' : 'unknown', code}
}

/** A status of 500 is a bug whatever happens to the machines; so is one that such requests never get. */
function isUnexpected(status: number, outcome: Outcome): boolean {
  if (outcome.type === 'ok') return false
  return status === 500 || [401, 403, 405, 406, 413, 415].includes(status) || outcome.code === 'invalid'
}

/** Whether to send the same request again. */
export function isWorthRepeating(outcome: Outcome): boolean {
  return (
    outcome.type === 'unknown' ||
    (outcome.type === 'refused' && (passing.has(outcome.code) || outcome.code === 'ECONNREFUSED'))
  )
}

/** The pause before another try, as clients do. */
export async function pauseBeforeTry({random, signal}: Session, tries: number): Promise<void> {
  const ms = Math.min(100 * 2 ** tries, 2000) * (0.5 + random.next() / 2)
  await sleep(ms, undefined, {signal}).catch(() => undefined)
}
