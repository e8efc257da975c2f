import type {Knex} from 'knex'

import {hasSqlState} from '../../db/errors.ts'
import {onlyRow, query} from '../../db/query.ts'
import {NoAuditPointError} from '../../errors.ts'
import type {Mark} from './mark.ts'

/** A clean audit that was recorded. */
export type AuditPoint = Omit<Mark, 'serverStartedAt'> & {id: number; auditedAt: string; isFull: boolean}

const pointColumns = `
  id, audited_at as "auditedAt", marked_at as "markedAt", is_full as "isFull", last_order_id as "lastOrderId",
  last_movement_id as "lastMovementId", last_payment_id as "lastPaymentId", last_attempt_id as "lastAttemptId",
  last_refund_id as "lastRefundId"`

/**
 * The latest point, or the latest that is not after a time. The clock may have been set back, so the ids say which is the latest.
 * Throws NoAuditPointError.
 */
export async function findPoint(db: Knex, since: string): Promise<AuditPoint> {
  const time = since === 'last' ? null : since
  const [point] = await query<AuditPoint>(
    db,
    `select ${pointColumns}
     from audit_points
     where audited_at <= coalesce(?::timestamptz, audited_at)
     order by id desc
     limit 1`,
    [time],
  )
  if (point) return point
  const {earliest} = onlyRow(
    await query<{earliest: string | null}>(db, 'select min(audited_at) as earliest from audit_points'),
  )
  throw new NoAuditPointError(earliest)
}

/**
 * Records a clean audit in its own transaction, with the stock levels of its snapshot. Returns false if the server is not the one
 * that made the mark: one that took over may lack rows up to the mark, and give their ids to others.
 */
export async function recordPoint(trx: Knex.Transaction, mark: Mark, {isFull}: {isFull: boolean}): Promise<boolean> {
  const [point] = await query<{id: number}>(
    trx,
    `insert into audit_points (
       audited_at, marked_at, is_full, last_order_id, last_movement_id, last_payment_id, last_attempt_id, last_refund_id
     )
     select now(), ?::timestamptz, ?::boolean, ?, ?, ?, ?, ?
     where pg_postmaster_start_time() = ?::timestamptz
     returning id`,
    [
      ...[mark.markedAt, isFull, mark.lastOrderId, mark.lastMovementId, mark.lastPaymentId],
      ...[mark.lastAttemptId, mark.lastRefundId, mark.serverStartedAt],
    ],
  )
  if (!point) return false
  await query(
    trx,
    `insert into audit_levels (point_id, product_id, pool_id, movement_id, on_hand)
     select ?::bigint, product_id, pool_id, coalesce(last.id, 0), on_hand
     from stock_levels
     cross join lateral (
       select max(id) as id
       from stock_movements
       where stock_movements.product_id = stock_levels.product_id and stock_movements.pool_id = stock_levels.pool_id
     ) as last`,
    [point.id],
  )
  return true
}

/** Keeps the last full audit and the last one, and forgets the others. Another audit may forget them at the same time. */
export async function forgetPoints(db: Knex): Promise<void> {
  const latest = 'order by id desc limit 1'
  await query(
    db,
    `delete from audit_points
     where id in (
       select id
       from audit_points
       where id <> (select id from audit_points ${latest})
         and id is distinct from (select id from audit_points where is_full ${latest})
       for update skip locked
     )`,
  )
}

/** A fixture may bring another product with the id of one that was deleted. */
export async function forgetLevels(trx: Knex.Transaction, productId: number): Promise<void> {
  await query(trx, 'delete from audit_levels where point_id in (select id from audit_points) and product_id = ?', [
    productId,
  ])
}

/** Whether the database refuses to record a point: a standby, or a role that may only read. */
export function isReadOnly(error: unknown): boolean {
  return hasSqlState(error, 'readOnlySqlTransaction', 'insufficientPrivilege')
}
