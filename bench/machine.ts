import {availableParallelism, cpus} from 'node:os'

import type {Knex} from 'knex'

import {query} from '../src/db/query.ts'

export type Machine = {cores: number; cpu: string; platform: string; node: string; postgres: string}

export async function describeMachine(db: Knex): Promise<Machine> {
  const [server] = await query<{version: string}>(db, `select current_setting('server_version') as version`)
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    postgres: server?.version ?? 'unknown',
  }
}
