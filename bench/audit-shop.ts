import type {Knex} from 'knex'

import {audit} from '../src/services/audit.ts'
import {BenchmarkError} from './benchmark-error.ts'

/** Throws what the audit finds: figures of a shop that broke a rule are none. */
export async function auditShop(db: Knex): Promise<void> {
  const {findings} = await audit(db)
  if (findings.length > 0) throw new BenchmarkError(`The audit found: ${JSON.stringify(findings)}`)
}
