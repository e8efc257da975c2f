import type {Knex} from 'knex'

import {type Audit, type AuditProgress, checkAll, invariantsOf} from '../audit.ts'
import {markHistory} from './mark.ts'
import {type AuditPoint, findPoint, forgetPoints, isReadOnly, recordPoint} from './points.ts'

export type RecordedAudit = Audit & {
  /** The audit that this one went on from; undefined if it was a full one. */
  since: AuditPoint | undefined
  /** Whether another one can go on from here, or why not. */
  record: 'long transaction' | 'other server' | 'read-only' | 'recorded' | 'violated'
}

type Options = {
  holdMaxSeconds: number
  /** `last`, or a time: the latest recorded audit that is not after it. Without it, the audit is a full one. */
  since?: string | undefined
  /** How long to wait for transactions that are writing. */
  waitMs?: number
  onProgress?: (progress: AuditProgress) => void
}

/**
 * Checks every invariant in one snapshot, of everything or of what is new since a recorded audit, and records the audit if it
 * finds nothing. Throws NoAuditPointError.
 */
export async function auditAndRecord(
  db: Knex,
  {since, waitMs, onProgress, ...settings}: Options,
): Promise<RecordedAudit> {
  const mark = await markHistory(db, waitMs)
  const invariants = invariantsOf(settings)
  let checked: (Audit & {since: AuditPoint | undefined}) | undefined
  const point = {isRecorded: false}
  try {
    await db.transaction(
      async (trx) => {
        const last = since === undefined ? undefined : await findPoint(trx, since)
        const findings = await checkAll(trx, invariants, {point: last, onProgress})
        checked = {checked: invariants.length, findings, since: last}
        if (findings.length === 0 && mark) point.isRecorded = await recordPoint(trx, mark, {isFull: last === undefined})
      },
      {isolationLevel: 'repeatable read'},
    )
  } catch (error) {
    if (checked === undefined || !isReadOnly(error)) throw error
    return {...checked, record: 'read-only'}
  }
  if (checked === undefined) throw new Error('The audit ended without a result.')
  if (checked.findings.length > 0) return {...checked, record: 'violated'}
  if (!mark) return {...checked, record: 'long transaction'}
  if (!point.isRecorded) return {...checked, record: 'other server'}
  await forgetPoints(db)
  return {...checked, record: 'recorded'}
}
