import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {hasSqlState, isAnswer, isConnectionError, violates} from '../../db/errors.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {awaitStandbys} from '../../db/pipeline/await-standbys.ts'
import {type PipelinedTransaction, runPipelined, type Sent} from '../../db/pipeline/run-pipelined.ts'
import {OutcomeUnknownError} from '../../errors.ts'
import type {ShopMetrics} from '../../metrics/shop-metrics.ts'
import type {BatchTrace, CommitTrace} from '../../tracing.ts'
import {noteWrites} from '../../db/replicas/recent-writes.ts'
import {findLockedProducts, lockAllStock, type LockedProduct} from '../stock/lock.ts'
import {defaultHoldSettings, type HoldSettings} from '../../hold-settings.ts'
import {lockBaskets} from '../baskets/read-locked.ts'
import {type Decided, decideOrders, type Outcome, type Way} from './decide.ts'
import {decideWithBaskets} from './decide-baskets.ts'
import {isOfWholeBasket, isOrder, itemsOf, type Job, wantedBy} from './jobs.ts'
import type {PlacedOrder} from './new-order.ts'
import {isSingleHold, trySingleHold} from './single-hold.ts'
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
  /** An earlier attempt may have changed the baskets already. */
  isRetry?: boolean
  /** Of the baskets; by default those of a shop without settings. */
  holds?: HoldSettings | undefined
  metrics?: ShopMetrics | undefined
  trace?: BatchTrace | undefined
  /** Whether users read replicas, and must find there what is written here. */
  notesWrites?: boolean | undefined
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
 * a lost COMMIT the orders are looked up by their request ids, at a server whose standbys have what it finds: no order is
 * placed twice, and an order that was placed is never answered with an error other than OutcomeUnknownError.
 */
export async function placeBatch(db: Knex, jobs: Job[], options: BatchOptions): Promise<BatchOutcome[]> {
  const deadline = performance.now() + patienceMs
  let plan: Plan = {way: firstWay(jobs, options), shortOf: [], isUnknown: false, isRetry: options.isRetry ?? false}
  for (let pause = 25; ; pause = Math.min(pause * 2, maxPauseMs)) {
    const attempt = await tryBatch(db, jobs, plan, options)
    if ('outcomes' in attempt) return attempt.outcomes
    if ('retryWith' in attempt) {
      plan = {...plan, way: attempt.retryWith, shortOf: attempt.shortOf, isUnknown: false}
      continue
    }
    if ('locked' in attempt) return setLockedAside(db, jobs, attempt.locked, options)
    const {error, isUnknown} = attempt
    if (!isTemporary(error)) return isUnknown ? loseAll(jobs, error) : placeOneByOne(db, jobs, error, options)
    if (performance.now() + pause > deadline || options.signal?.aborted) {
      return isUnknown ? loseAll(jobs, error) : failAll(jobs, error)
    }
    options.metrics?.retries.inc()
    options.trace?.retry(error)
    plan = {...plan, isUnknown, isRetry: plan.isRetry || isUnknown}
    await delay(pause * (0.5 + Math.random() / 2), undefined, {signal: options.signal}).catch(() => undefined)
  }
}

/** Plain orders need no basket, unless what they ask for is held. */
function firstWay(jobs: Job[], {holds = defaultHoldSettings}: BatchOptions): Plan['way'] {
  if (jobs.length === 1 && isSingleHold(jobs[0], holds)) return 'single'
  if (!jobs.every(isOrder)) return 'baskets'
  // The statement of a single order knows nothing of payments.
  return jobs.length === 1 && !jobs[0]?.charge ? 'single' : 'free'
}

type Plan = {
  way: Way | 'single'
  /** Products that the last attempt found no unlocked level with enough of. */
  shortOf: number[]
  /** An earlier attempt sent COMMIT and got no answer, so the orders may be placed. */
  isUnknown: boolean
  /** An earlier attempt may have changed baskets. */
  isRetry: boolean
}

type Attempt =
  | {outcomes: BatchOutcome[]}
  | Exclude<Decided, {outcomes: Outcome[]}>
  // The wait for a lock was too long, and nothing was written.
  | {locked: LockedProduct[]}
  | {error: unknown; isUnknown: boolean}

async function tryBatch(db: Knex, jobs: Job[], plan: Plan, options: BatchOptions): Promise<Attempt> {
  const progress = {isUnknown: plan.isUnknown, isCommitSent: false}
  try {
    const {found, decided} = await watchTransaction(options, async (onCommit) =>
      runPipelined(db, options, async (trx) => {
        const found = progress.isUnknown ? await findPlaced(trx, jobs) : noOrders
        progress.isUnknown = false
        const decided = found.size === 0 ? await decide(trx, jobs, plan, options) : nothingDecided
        if (options.notesWrites) noteUsers(trx, jobs)
        progress.isCommitSent = true
        onCommit?.()
        return {found, decided}
      }),
    )
    if (found.size > 0) return {outcomes: await keepFound(db, jobs, found, options)}
    const answer = await decided.answer
    if ('outcomes' in answer && answer.released) options.metrics?.countReleased(answer.released)
    return answer
  } catch (error) {
    const isLost = progress.isCommitSent ? !isAnswer(error) : progress.isUnknown
    const isUnknown = isLost || wasPlacedLate(error)
    if (isUnknown || !hasSqlState(error, 'lockNotAvailable')) return {error, isUnknown}
    return findLocked(db, jobs, plan).then(
      (locked) => ({locked}),
      (error: unknown) => ({error, isUnknown}),
    )
  }
}

/** Measures a transaction, and traces its COMMIT, if anybody wants to know. `run` says when it sends COMMIT. */
async function watchTransaction<Result>(
  {metrics, trace}: BatchOptions,
  run: (onCommit?: () => void) => Promise<Result>,
): Promise<Result> {
  if (!metrics && !trace) return run()
  const start = performance.now()
  let commit: CommitTrace | undefined
  try {
    const result = await run(() => (commit = trace?.commit()))
    commit?.end()
    return result
  } catch (error) {
    commit?.end(error)
    throw error
  } finally {
    metrics?.transaction.observe((performance.now() - start) / 1000)
  }
}

async function decide(
  trx: PipelinedTransaction,
  jobs: Job[],
  {way, isRetry}: Plan,
  {holds = defaultHoldSettings}: BatchOptions,
): Promise<Sent<Decided>> {
  const orders = jobs.filter(isOrder)
  const [first] = jobs
  if (way === 'single' && isSingleHold(first, holds)) return trySingleHold(trx, first, holds)
  if (way === 'baskets' || orders.length < jobs.length) {
    return decideWithBaskets(trx, jobs, {settings: holds, isRetry})
  }
  if (way !== 'single') return decideOrders(trx, orders, way)
  const [order] = orders
  return order ? trySingleOrder(trx, order) : nothingDecided
}

function noteUsers(trx: PipelinedTransaction, jobs: Job[]): void {
  noteWrites(
    trx,
    jobs.map(({userId}) => userId),
  )
}

const noOrders = new Map<string, PlacedOrder>()
const nothingDecided: Sent<Decided> = {answer: Promise.resolve({outcomes: []})}

export function failAll(jobs: Job[], cause: unknown): BatchOutcome[] {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  return jobs.map(() => ({status: 'failed', error}))
}

/** Whether the jobs were done is not known. */
function loseAll(jobs: Job[], cause: unknown): BatchOutcome[] {
  return jobs.map((job) => ({status: 'failed', error: new OutcomeUnknownError(wantedBy(job), {cause})}))
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
    violates(error, 'idempotency_keys_pkey') ||
    // Another transaction opened the user's basket meanwhile.
    violates(error, 'baskets_current_key')
  )
}

async function placeOneByOne(db: Knex, jobs: Job[], error: unknown, options: BatchOptions): Promise<BatchOutcome[]> {
  if (jobs.length === 1) return failAll(jobs, error)
  const outcomes: BatchOutcome[] = []
  for (const job of jobs) outcomes.push(...(await placeBatch(db, [job], options)))
  return outcomes
}

/**
 * After a wait for a lock that was too long. Of plain orders, a level that is locked was among the products that had no
 * unlocked one; with baskets, all levels were waited for, and the database says which are locked. If none is, the lock is
 * on another row, such as the buyer's, and halving the batch finds the jobs that need it.
 */
async function setLockedAside(
  db: Knex,
  jobs: Job[],
  locked: LockedProduct[],
  options: BatchOptions,
): Promise<BatchOutcome[]> {
  const productsOf = (job: Job): number[] => {
    const items = new Set(itemsOf(job).map(({productId}) => productId))
    const isNeeded = ({productId, userId}: LockedProduct): boolean =>
      items.has(productId) || (userId === job.userId && isOfWholeBasket(job))
    return [...new Set(locked.filter(isNeeded).map(({productId}) => productId))]
  }
  const lockedOutcome = (job: Job): BatchOutcome => ({status: 'locked', products: productsOf(job)})
  if (jobs.length === 1) return jobs.map(lockedOutcome)
  const rest = jobs.filter((job) => productsOf(job).length === 0)
  if (rest.length < jobs.length) {
    const outcomes = rest.length > 0 ? await placeBatch(db, rest, options) : []
    const byJob = new Map(rest.map((job, index) => [job, outcomes[index]]))
    return jobs.map((job) => (byJob.has(job) ? (byJob.get(job) ?? noOutcome) : lockedOutcome(job)))
  }
  const middle = Math.ceil(jobs.length / 2)
  const narrow = {...options, lockMs: Math.min(options.lockMs, narrowLockMs)}
  const first = await placeBatch(db, jobs.slice(0, middle), narrow)
  return [...first, ...(await placeBatch(db, jobs.slice(middle), narrow))]
}

async function findLocked(db: Knex, jobs: Job[], {way, shortOf}: Plan): Promise<LockedProduct[]> {
  if (way !== 'baskets') {
    // Among them are those that another process locked for the moment of its own batch.
    const locked = await findLockedProducts(db, shortOf, [])
    return locked.length > 0 ? locked : shortOf.map((productId) => ({productId, userId: null}))
  }
  const productIds = jobs.flatMap((job) => itemsOf(job).map(({productId}) => productId))
  const userIds = jobs.flatMap((job) => (isOfWholeBasket(job) ? job.userId : []))
  return findLockedProducts(db, productIds, userIds)
}

const noOutcome: BatchOutcome = {status: 'failed', error: new Error('An order of a batch has no outcome.')}

/**
 * A batch commits as a whole: every order that it placed is in the table. The others were refused or were replays. What was
 * set in a basket that the batch ordered afterwards was decided as well, and would be set again in the next basket.
 */
async function keepFound(
  db: Knex,
  jobs: Job[],
  found: Map<string, PlacedOrder>,
  options: BatchOptions,
): Promise<BatchOutcome[]> {
  const ordered = new Set(jobs.flatMap((job) => (job.kind === 'checkout' && isFound(job, found) ? job.userId : [])))
  const isInOrdered = (job: Job): boolean =>
    job.kind === 'change' && job.change.kind === 'set' && ordered.has(job.userId)
  const rest = jobs.filter((job) => !isFound(job, found) && !isInOrdered(job))
  const outcomes = rest.length > 0 ? await placeBatch(db, rest, {...options, isRetry: true}) : []
  return jobs.map((job): BatchOutcome => {
    const order = isFound(job, found)
    if (order) return {status: 'placed', placement: {order, isReplay: false}}
    if (isInOrdered(job)) return {status: 'failed', error: new OutcomeUnknownError()}
    return outcomes[rest.indexOf(job)] ?? noOutcome
  })
}

function isFound(job: Job, found: Map<string, PlacedOrder>): PlacedOrder | undefined {
  return job.kind === 'change' ? undefined : found.get(job.requestId)
}

const findByRequestId = prepare(
  'find_orders_by_request_id',
  `select id, request_id as "requestId", currency, total, created_at as "createdAt"
   from orders
   where request_id = any (?::uuid[])`,
)

/** Waits for the locks first: a transaction whose COMMIT got no answer may still be committing. */
async function findPlaced(trx: PipelinedTransaction, jobs: Job[]): Promise<Map<string, PlacedOrder>> {
  const userIds = jobs.flatMap((job) => (job.kind === 'order' ? [] : job.userId))
  const requestIds = jobs.flatMap((job) => (job.kind === 'change' ? [] : job.requestId))
  if (userIds.length > 0) await lockBaskets(trx, userIds)
  await lockAllStock(
    trx,
    jobs.flatMap((job) => itemsOf(job).map(({productId}) => productId)),
  )
  const [rows] = await Promise.all([
    trx.send<PlacedOrder & {requestId: string}>(findByRequestId, [requestIds]),
    trx.send(awaitStandbys),
  ])
  return new Map(rows.map(({requestId, ...order}) => [requestId, order]))
}
