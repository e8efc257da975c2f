import {columns} from '../../db/columns.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {rowsByKey} from '../../db/pipeline/rows-by-key.ts'
import {IdempotencyKeyReusedError} from '../../errors.ts'
import type {Job} from './jobs.ts'
import type {PlacedOrder} from './new-order.ts'

type Keyed = {kind: Job['kind']; userId: number; idempotency?: {key: string; fingerprint: string}}

type Kept = {userId: number; key: string; fingerprint: string}

/** An order that an earlier transaction placed under an idempotency key. */
export type KeptOrder = Kept & PlacedOrder & {requestId: string}

/** A key that an earlier transaction used, for an order or for an addition to a basket. */
export type KeptKey = KeptOrder | (Kept & {requestId: null})

const readKeptKeysStatement = prepare(
  'read_kept_keys',
  `select wanted.user_id as "userId", wanted.key, fingerprint,
          orders.id, request_id as "requestId", currency, total, orders.created_at as "createdAt"
   from unnest(?::bigint[], ?::text[]) as wanted (user_id, key)
   cross join ${rowsByKey('idempotency_keys', 'user_id = wanted.user_id and key = wanted.key')}
   left join ${rowsByKey('orders', 'orders.id = order_id')} on true`,
)

/** Read after the stock is locked: the later of two requests with one key then sees the order of the earlier one. */
export async function readKeptKeys(trx: PipelinedTransaction, jobs: Keyed[]): Promise<KeptKey[]> {
  const wanted = jobs.flatMap(({userId, idempotency}) => (idempotency ? [{userId, key: idempotency.key}] : []))
  if (wanted.length === 0) return []
  return trx.send<KeptKey>(readKeptKeysStatement, columns(wanted, 'userId', 'key'))
}

export function isKeptOrder(kept: KeptKey): kept is KeptOrder {
  return kept.requestId !== null
}

/** What each idempotency key names, of earlier transactions and of the jobs accepted in this one. */
export class IdempotencyKeys {
  readonly #named = new Map<string, {requestId: string | null; fingerprint: string}>()

  constructor(kept: KeptKey[]) {
    for (const {userId, key, fingerprint, requestId} of kept) {
      this.#named.set(`${userId} ${key}`, {requestId, fingerprint})
    }
  }

  /** The request id of the order that this one repeats. Throws IdempotencyKeyReusedError if the two differ. */
  find(job: Keyed): string | undefined {
    return this.#find(job)?.requestId ?? undefined
  }

  /** Whether an addition to a basket was made already. Throws IdempotencyKeyReusedError if the key names something else. */
  has(job: Keyed): boolean {
    return this.#find(job) !== undefined
  }

  add({userId, requestId, idempotency}: Keyed & {requestId?: string}): void {
    if (!idempotency) return
    const {key, fingerprint} = idempotency
    this.#named.set(`${userId} ${key}`, {requestId: requestId ?? null, fingerprint})
  }

  #find({kind, userId, idempotency}: Keyed): {requestId: string | null} | undefined {
    const named = idempotency && this.#named.get(`${userId} ${idempotency.key}`)
    if (named && named.fingerprint !== idempotency.fingerprint) {
      throw new IdempotencyKeyReusedError(kind === 'order' ? 'order' : 'request')
    }
    return named
  }
}
