import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../src/db/connect.ts'
import {query} from '../../src/db/query.ts'
import {until} from './until.ts'

/** Every COMMIT waits for a standby that does not exist. */
export async function isolate(admin: Knex): Promise<void> {
  await query(admin, `alter system set synchronous_standby_names = 'missing'`)
  await query(admin, 'select pg_reload_conf()')
  await until(
    async () => (await query(admin, "select where current_setting('synchronous_standby_names') <> ''")).length > 0,
  )
}

export async function heal(admin: Knex): Promise<void> {
  await query(admin, 'alter system reset synchronous_standby_names')
  await query(admin, 'select pg_reload_conf()')
}

export function openPool(t: ExecutionContext, url: string, poolSize: number): Knex {
  const settings = {connectionString: url}
  const pool = connect(() => settings, {poolSize})
  t.teardown(async () => pool.destroy())
  return pool
}

const waits = `select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'shop'`

export async function nextWait(admin: Knex, after?: number): Promise<number> {
  let pid: number | undefined
  await until(async () => {
    pid = (await query<{pid: number}>(admin, waits)).find((one) => one.pid !== after)?.pid
    return pid !== undefined
  })
  if (pid === undefined) throw new Error('Nothing waits.')
  return pid
}

export const cancel = async (admin: Knex, pid: number): Promise<void> => {
  await query(admin, 'select pg_cancel_backend(?)', [pid])
}
