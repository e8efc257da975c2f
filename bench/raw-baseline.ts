import {execFile, spawnSync} from 'node:child_process'
import {readdirSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import type {Knex} from 'knex'

const folder = fileURLToPath(new URL('../../bench/raw/', import.meta.url))

export async function prepareRaw(db: Knex): Promise<void> {
  await db.raw(await readFile(join(folder, 'schema.sql'), 'utf8'))
}

/** Transactions a second of PostgreSQL with one order a transaction and nothing else. */
export async function measureRaw(
  pgbench: string,
  url: string,
  {script, clients, seconds}: {script: 'hot' | 'uniform'; clients: number; seconds: number},
): Promise<number> {
  const threads = Math.min(2, clients)
  const options = ['-n', '-M', 'prepared', '-c', clients, '-j', threads, '-T', seconds, '-f', `${folder}${script}.sql`]
  const {stdout} = await promisify(execFile)(pgbench, [...options.map(String), url])
  const tps = /^tps = ([\d.]+)/m.exec(stdout)?.[1]
  if (tps === undefined) throw new Error(`pgbench did not say how fast it was: ${stdout}`)
  return Number(tps)
}

/** On the PATH, or where Debian puts it. */
export function findPgbench(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = spawnSync('ls', [debian]).status === 0 ? readdirSync(debian) : []
  const candidates = ['pgbench', ...versions.map((version) => join(debian, version, 'bin/pgbench'))]
  return candidates.find((candidate) => spawnSync(candidate, ['--version']).status === 0)
}
