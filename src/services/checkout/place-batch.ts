import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {hasSqlState, isAnswer, isConnectionError, violates} from '../../db/errors.ts'
import {type PipelinedTransaction, runPipelined, type Sent} from '../../db/pipeline/run-pipelined.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {OutcomeUnknownError} from '../../errors.ts'
import type {NewOrder, PlacedOrder} from './new-order.ts'
import {NeedsOtherWayError, type Outcome, sendOrders, type StockLock} from './decide.ts'
import {sendSingleOrder} from './single-order.ts'
import {sendStockLock} from '../stock/lock.ts'

/** What became of an order, with the failure that is its own and no refusal of the shop. */
export type BatchOutcome = Outcome | {status: 'failed'; error: Error}

/** How long what passes is waited for: a server restarts in less. */
const patienceMs = 10_000
const maxPauseMs = 1000

/**
 * Places a list of orders in a transaction of its own and always settles every one of them. What passes (deadlock,
 * serialization failure, timeout, lost connection) is tried again; a failure that stays is found by placing the orders
 * singly. After a lost COMMIT the orders are looked up by their request ids: none is placed twice, and none was placed
 * that is answered with another error than OutcomeUnknownError.
 */
export async function placeBatch(db: Knex, orders: NewOrder[]): Promise<BatchOutcome[]> {
  const deadline = Date.now() + patienceMs
  const state: BatchState = {way: orders.length === 1 ? 'single' : 'free', isSent: false, isUnknown: false}
  for (let pause = 25; ; pause = Math.min(pause * 2, maxPauseMs)) {
    try {
      return await tryBatch(db, orders, state)
    } catch (error) {
      if (error instanceof NeedsOtherWayError) {
        state.way = error.way
        continue
      }
      state.isUnknown ||= state.isSent && !isAnswer(error)
      const failure = state.isUnknown ? new OutcomeUnknownError({cause: error}) : error
      if (!passes(error)) return state.isUnknown ? failAll(orders, failure) : placeSingly(db, orders, error)
      if (Date.now() + pause > deadline) return failAll(orders, failure)
    }
    await delay(pause * (0.5 + Math.random() / 2))
  }
}

type BatchState = {
  way: StockLock | 'single'
  /** All of the last attempt's, with the COMMIT. */
  isSent: boolean
  /** Whether an attempt placed the orders, whose COMMIT was not answered. */
  isUnknown: boolean
}

async function tryBatch(db: Knex, orders: NewOrder[], state: BatchState): Promise<BatchOutcome[]> {
  state.isSent = false
  const {found, outcomes} = await runPipelined(db, async (trx) => {
    const found = state.isUnknown ? await findPlaced(trx, orders) : noOrders
    state.isUnknown = false
    const outcomes = found.size === 0 ? await send(trx, orders, state.way) : noOutcomes
    state.isSent = true
    return {found, outcomes}
  })
  return found.size === 0 ? outcomes.answer : keepFound(db, orders, found)
}

async function send(trx: PipelinedTransaction, orders: NewOrder[], way: BatchState['way']): Promise<Sent<Outcome[]>> {
  if (way !== 'single') return sendOrders(trx, orders, way)
  const [order] = orders
  return order ? sendSingleOrder(trx, order) : noOutcomes
}

const noOrders = new Map<string, PlacedOrder>()
const noOutcomes: Sent<Outcome[]> = {answer: Promise.resolve([])}

export function failAll(orders: NewOrder[], cause: unknown): BatchOutcome[] {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  return orders.map(() => ({status: 'failed', error}))
}

function passes(error: unknown): boolean {
  return (
    isConnectionError(error) ||
    hasSqlState(error, 'deadlockDetected', 'serializationFailure', 'lockNotAvailable', 'queryCanceled') ||
    // Another transaction took the key between the look for it and the write: the next look finds its order.
    violates(error, 'idempotency_keys_pkey')
  )
}

async function placeSingly(db: Knex, orders: NewOrder[], error: unknown): Promise<BatchOutcome[]> {
  if (orders.length === 1) return failAll(orders, error)
  const outcomes: BatchOutcome[] = []
  for (const order of orders) outcomes.push(...(await placeBatch(db, [order])))
  return outcomes
}

/** A batch commits whole: what it placed is in the table, and the rest of it, refused or repeated, is decided again. */
async function keepFound(db: Knex, orders: NewOrder[], found: Map<string, PlacedOrder>): Promise<BatchOutcome[]> {
  const rest = orders.filter(({requestId}) => !found.has(requestId))
  const outcomes = rest.length > 0 ? await placeBatch(db, rest) : []
  return orders.map(({requestId}): BatchOutcome => {
    const order = found.get(requestId)
    if (order) return {status: 'placed', placement: {order, isReplay: false}}
    const outcome = outcomes[rest.findIndex((one) => one.requestId === requestId)]
    return outcome ?? {status: 'failed', error: new Error('An order of a batch has no outcome.')}
  })
}

const findByRequestId = prepare(
  'find_orders_by_request_id',
  `select id, request_id as "requestId", currency, total, created_at as "createdAt"
   from orders
   where request_id = any (?::uuid[])`,
)

/** Waits for the locks first: a transaction whose COMMIT was lost may still be on its way to commit. */
async function findPlaced(trx: PipelinedTransaction, orders: NewOrder[]): Promise<Map<string, PlacedOrder>> {
  await sendStockLock(
    trx,
    orders.flatMap(({items}) => items.map(({productId}) => productId)),
  )
  const requestIds = orders.map(({requestId}) => requestId)
  const rows = await trx.send<PlacedOrder & {requestId: string}>(findByRequestId, [requestIds])
  return new Map(rows.map(({requestId, ...order}) => [requestId, order]))
}
