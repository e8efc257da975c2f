import {Agent} from 'node:http'

import type {Knex} from 'knex'

import {send} from './send.ts'

/** Polls until the condition holds. The time limit of the test run ends a wait that never would. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Waits until `count` statements on the database wait for a lock. */
export async function untilWaiting(db: Knex, count = 1): Promise<void> {
  await until(async () => {
    const {rows} = await db.raw<{rows: unknown[]}>(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    return rows.length >= count
  })
}

/** Waits until a statement on the database has given up waiting for a lock, and a later one waits. */
export async function untilTriedAgain(db: Knex): Promise<void> {
  const findLast = async (): Promise<string> => {
    const {rows} = await db.raw<{rows: {began: string}[]}>(
      `select coalesce(max(query_start)::text, '') as began from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows[0]?.began ?? ''
  }
  await untilWaiting(db)
  const first = await findLast()
  await until(async () => (await findLast()) > first)
}

/** Waits until a server accepts no more connections. */
export async function untilRefused(url: string): Promise<void> {
  const agent = new Agent()
  await until(async () => !(await send({agent, method: 'GET', url: `${url}/healthcheck/heartbeat/`})))
}
