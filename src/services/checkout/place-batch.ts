import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {hasSqlState, isAnswer, isConnectionError, violates} from '../../db/errors.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {type PipelinedTransaction, runPipelined, type Sent} from '../../db/pipeline/run-pipelined.ts'
import {OutcomeUnknownError} from '../../errors.ts'
import {lockAllStock} from '../stock/lock.ts'
import {type Decided, decideOrders, type Outcome, type StockLock} from './decide.ts'
import type {NewOrder, PlacedOrder} from './new-order.ts'
import {trySingleOrder} from './single-order.ts'

/**
 * The outcome of an order, including a failure that is not a refusal. `locked`: another session holds a lock that the
 * order needs, nothing was written, and the order can be tried again; of its products, `products` may be locked.
 */
export type BatchOutcome = Outcome | {status: 'failed'; error: Error} | {status: 'locked'; products: number[]}

export type BatchOptions = {
  /** How long to wait for a lock. */
  lockMs: number
  /** Gives up: what is not known by then stays unknown. */
  signal?: AbortSignal | undefined
}

/** How long to retry after a temporary failure. A server restarts in less. */
export const patienceMs = 10_000
const maxPauseMs = 1000

/** How long parts of a batch wait for a lock that the whole batch has waited for already. */
const narrowLockMs = 20

/**
 * Places a batch of orders in one transaction, and always settles each of them. Temporary failures (deadlock,
 * serialization failure, timeout, lost connection) are retried. If a failure is permanent, placing the orders one by one
 * finds the order that causes it. A lock that another session holds does not delay the orders that do not need it. After
 * a lost COMMIT the orders are looked up by their request ids: no order is placed twice, and an order that was placed is
 * never answered with an error other than OutcomeUnknownError.
 */
export async function placeBatch(db: Knex, orders: NewOrder[], options: BatchOptions): Promise<BatchOutcome[]> {
  const deadline = performance.now() + patienceMs
  let plan: Plan = {way: orders.length === 1 ? 'single' : 'free', shortOf: [], isUnknown: false}
  for (let pause = 25; ; pause = Math.min(pause * 2, maxPauseMs)) {
    const attempt = await tryBatch(db, orders, plan, options)
    if ('outcomes' in attempt) return attempt.outcomes
    if ('retryWith' in attempt) {
      plan = {way: attempt.retryWith, shortOf: attempt.shortOf, isUnknown: false}
      continue
    }
    const {error, isUnknown} = attempt
    const failure = isUnknown ? new OutcomeUnknownError({cause: error}) : error
    if (hasSqlState(error, 'lockNotAvailable') && !isUnknown) return setLockedAside(db, orders, plan.shortOf, options)
    if (!isTemporary(error)) return isUnknown ? failAll(orders, failure) : placeOneByOne(db, orders, error, options)
    if (performance.now() + pause > deadline || options.signal?.aborted) return failAll(orders, failure)
    plan = {...plan, isUnknown}
    await delay(pause * (0.5 + Math.random() / 2), undefined, {signal: options.signal}).catch(() => undefined)
  }
}

type Plan = {
  way: StockLock | 'single'
  /** Products that the last attempt found no unlocked level with enough of. */
  shortOf: number[]
  /** An earlier attempt sent COMMIT and got no answer, so the orders may be placed. */
  isUnknown: boolean
}

type Attempt =
  {outcomes: BatchOutcome[]} | Exclude<Decided, {outcomes: Outcome[]}> | {error: unknown; isUnknown: boolean}

async function tryBatch(db: Knex, orders: NewOrder[], plan: Plan, options: BatchOptions): Promise<Attempt> {
  const progress = {isUnknown: plan.isUnknown, isCommitSent: false}
  try {
    const {found, decided} = await runPipelined(db, options, async (trx) => {
      const found = progress.isUnknown ? await findPlaced(trx, orders) : noOrders
      progress.isUnknown = false
      const decided = found.size === 0 ? await decide(trx, orders, plan.way) : nothingDecided
      progress.isCommitSent = true
      return {found, decided}
    })
    return found.size === 0 ? await decided.answer : {outcomes: await keepFound(db, orders, found, options)}
  } catch (error) {
    const isLost = progress.isCommitSent ? !isAnswer(error) : progress.isUnknown
    return {error, isUnknown: isLost || wasPlacedLate(error)}
  }
}

async function decide(trx: PipelinedTransaction, orders: NewOrder[], way: Plan['way']): Promise<Sent<Decided>> {
  if (way !== 'single') return decideOrders(trx, orders, way)
  const [order] = orders
  return order ? trySingleOrder(trx, order) : nothingDecided
}

const noOrders = new Map<string, PlacedOrder>()
const nothingDecided: Sent<Decided> = {answer: Promise.resolve({outcomes: []})}

export function failAll(orders: NewOrder[], cause: unknown): BatchOutcome[] {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  return orders.map(() => ({status: 'failed', error}))
}

/** An attempt that lost its connection arrived at the server late, and placed the order after it was looked up. */
function wasPlacedLate(error: unknown): boolean {
  return violates(error, 'orders_request_id_key')
}

function isTemporary(error: unknown): boolean {
  return (
    isConnectionError(error) ||
    wasPlacedLate(error) ||
    hasSqlState(error, 'deadlockDetected', 'serializationFailure', 'lockNotAvailable', 'queryCanceled') ||
    // A new connection may find the primary after a failover, or plan anew after a migration.
    hasSqlState(error, 'readOnlySqlTransaction', 'featureNotSupported') ||
    // Another transaction took the key between the look-up and the write: the next look-up finds its order.
    violates(error, 'idempotency_keys_pkey')
  )
}

async function placeOneByOne(
  db: Knex,
  orders: NewOrder[],
  error: unknown,
  options: BatchOptions,
): Promise<BatchOutcome[]> {
  if (orders.length === 1) return failAll(orders, error)
  const outcomes: BatchOutcome[] = []
  for (const order of orders) outcomes.push(...(await placeBatch(db, [order], options)))
  return outcomes
}

/**
 * After a wait for a lock that was too long. A level that is locked was among the products that had no unlocked one; if
 * none was short, the lock is on another row, such as the buyer's, and halving the batch finds the orders that need it.
 */
async function setLockedAside(
  db: Knex,
  orders: NewOrder[],
  shortOf: number[],
  options: BatchOptions,
): Promise<BatchOutcome[]> {
  const short = new Set(shortOf)
  const lockedOutcome = ({items}: NewOrder): BatchOutcome => ({
    status: 'locked',
    products: items.flatMap(({productId}) => (short.has(productId) ? productId : [])),
  })
  if (orders.length === 1) return orders.map(lockedOutcome)
  const needShort = orders.filter(({items}) => items.some(({productId}) => short.has(productId)))
  if (needShort.length > 0) {
    const rest = orders.filter((order) => !needShort.includes(order))
    const outcomes = rest.length > 0 ? await placeBatch(db, rest, options) : []
    const byOrder = new Map(rest.map((order, index) => [order, outcomes[index]]))
    return orders.map((order) => (byOrder.has(order) ? (byOrder.get(order) ?? noOutcome) : lockedOutcome(order)))
  }
  const middle = Math.ceil(orders.length / 2)
  const narrow = {...options, lockMs: Math.min(options.lockMs, narrowLockMs)}
  const first = await placeBatch(db, orders.slice(0, middle), narrow)
  return [...first, ...(await placeBatch(db, orders.slice(middle), narrow))]
}

const noOutcome: BatchOutcome = {status: 'failed', error: new Error('An order of a batch has no outcome.')}

/** A batch commits as a whole: every order that it placed is in the table. The others were refused or were replays. */
async function keepFound(
  db: Knex,
  orders: NewOrder[],
  found: Map<string, PlacedOrder>,
  options: BatchOptions,
): Promise<BatchOutcome[]> {
  const rest = orders.filter(({requestId}) => !found.has(requestId))
  const outcomes = rest.length > 0 ? await placeBatch(db, rest, options) : []
  return orders.map(({requestId}): BatchOutcome => {
    const order = found.get(requestId)
    if (order) return {status: 'placed', placement: {order, isReplay: false}}
    return outcomes[rest.findIndex((one) => one.requestId === requestId)] ?? noOutcome
  })
}

const findByRequestId = prepare(
  'find_orders_by_request_id',
  `select id, request_id as "requestId", currency, total, created_at as "createdAt"
   from orders
   where request_id = any (?::uuid[])`,
)

/** Waits for the stock locks first: a transaction whose COMMIT got no answer may still be committing. */
async function findPlaced(trx: PipelinedTransaction, orders: NewOrder[]): Promise<Map<string, PlacedOrder>> {
  await lockAllStock(
    trx,
    orders.flatMap(({items}) => items.map(({productId}) => productId)),
  )
  const requestIds = orders.map(({requestId}) => requestId)
  const rows = await trx.send<PlacedOrder & {requestId: string}>(findByRequestId, [requestIds])
  return new Map(rows.map(({requestId, ...order}) => [requestId, order]))
}
