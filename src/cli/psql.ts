import {spawn} from 'node:child_process'
import {once} from 'node:events'

import {type ConnectionSettings, formatDatabaseUrl, parseDatabaseUrl, readHosts} from '../db/hosts.ts'

export type PsqlCall = {args: string[]; env: Record<string, string>}

/**
 * How psql connects to a database. The password is in its environment, which only this user and root can read, and never
 * among its arguments, which everybody on the machine can.
 */
export function psqlCall(settings: ConnectionSettings): PsqlCall {
  const {mustWrite} = readHosts(settings)
  if (!('connectionString' in settings)) {
    const {host, port, user, database, password} = settings
    const env = {PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database}
    const target = mustWrite && {PGTARGETSESSIONATTRS: 'read-write'}
    return {args: [], env: {...env, ...target, ...(password !== undefined && {PGPASSWORD: password})}}
  }
  const {url, hosts} = parseDatabaseUrl(settings.connectionString)
  const password = decodeURIComponent(url.password)
  url.password = ''
  const query = new URLSearchParams(url.search)
  const passwordOfQuery = query.get('password')
  query.delete('password')
  // pg knows modes of TLS that libpq does not: no-verify is what libpq calls require.
  if (query.get('sslmode') === 'no-verify') query.set('sslmode', 'require')
  if (mustWrite) query.set('target_session_attrs', 'read-write')
  url.search = query.toString()
  const secret = password === '' ? passwordOfQuery : password
  return {
    args: ['--dbname', formatDatabaseUrl({url, hosts})],
    env: secret === null || secret === '' ? {} : {PGPASSWORD: secret},
  }
}

/** Runs psql in this terminal until the user leaves it. Returns its exit code. Ctrl-C is for psql, which ends a query with it. */
export async function runPsql(
  program: string,
  {args, env}: PsqlCall,
  environment: Record<string, string | undefined>,
): Promise<number> {
  const ignore = (): void => undefined
  process.on('SIGINT', ignore)
  try {
    const sslmode = environment.PGSSLMODE === 'no-verify' ? {PGSSLMODE: 'require'} : {}
    // Without a limit, psql waits for a silent host for ever, and the next one in the list is never tried.
    const patience = {PGCONNECT_TIMEOUT: '5'}
    const child = spawn(program, args, {stdio: 'inherit', env: {...patience, ...environment, ...sslmode, ...env}})
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  } finally {
    process.off('SIGINT', ignore)
  }
}
