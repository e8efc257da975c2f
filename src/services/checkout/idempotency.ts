import {columns} from '../../db/columns.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {IdempotencyKeyReusedError} from '../../errors.ts'
import type {NewOrder, PlacedOrder} from './new-order.ts'

/** An order that an earlier transaction placed under an idempotency key. */
export type KeptOrder = PlacedOrder & {
  requestId: string
  userId: number
  key: string
  fingerprint: string
}

const readKeptOrdersStatement = prepare(
  'read_kept_orders',
  `select user_id as "userId", key, fingerprint,
          orders.id, request_id as "requestId", currency, total, orders.created_at as "createdAt"
   from unnest(?::bigint[], ?::text[]) as wanted (user_id, key)
   join idempotency_keys using (user_id, key)
   join orders using (user_id)
   where orders.id = idempotency_keys.order_id`,
)

/** Read after the stock is locked: the later of two requests with one key then sees the order of the earlier one. */
export async function readKeptOrders(trx: PipelinedTransaction, orders: NewOrder[]): Promise<KeptOrder[]> {
  const wanted = orders.flatMap(({userId, idempotency}) => (idempotency ? [{userId, key: idempotency.key}] : []))
  if (wanted.length === 0) return []
  return trx.send<KeptOrder>(readKeptOrdersStatement, columns(wanted, 'userId', 'key'))
}

/** The order that each idempotency key names: of earlier transactions, and of the orders accepted in this one. */
export class IdempotencyKeys {
  readonly #named = new Map<string, {requestId: string; fingerprint: string}>()

  constructor(kept: KeptOrder[]) {
    for (const {userId, key, fingerprint, requestId} of kept) {
      this.#named.set(`${userId} ${key}`, {requestId, fingerprint})
    }
  }

  /** The request id of the order that this one repeats. Throws IdempotencyKeyReusedError if the two orders differ. */
  find({userId, idempotency}: NewOrder): string | undefined {
    const named = idempotency && this.#named.get(`${userId} ${idempotency.key}`)
    if (named && named.fingerprint !== idempotency.fingerprint) throw new IdempotencyKeyReusedError()
    return named?.requestId
  }

  add({userId, requestId, idempotency}: NewOrder): void {
    if (!idempotency) return
    this.#named.set(`${userId} ${idempotency.key}`, {requestId, fingerprint: idempotency.fingerprint})
  }
}
