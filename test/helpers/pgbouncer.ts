import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {ExecutionContext} from 'ava'

import {canConnect, findFreePort} from './nginx.ts'
import {startProxy} from './proxy.ts'
import {until} from './until.ts'

export const pgbouncerBinary = ['pgbouncer', '/usr/sbin/pgbouncer'].find(
  (candidate) => spawnSync(candidate, ['--version']).status === 0,
)

export type PoolerOptions = {mode: 'session' | 'transaction'; poolSize?: number}

/** Runs PgBouncer in front of the server until the test ends. Returns the URL of the database through it. */
export async function startPgbouncer(
  t: ExecutionContext,
  databaseUrl: string,
  {mode, poolSize = 40}: PoolerOptions,
): Promise<string> {
  // Its user may not enter the folder of the server's socket.
  const url = new URL(await startProxy(t, databaseUrl, () => false))
  const port = await findFreePort()
  const user = decodeURIComponent(url.username)
  const {stop} = await runPgbouncer({
    ...{port, mode, poolSize, user, password: decodeURIComponent(url.password)},
    database: `shop = host=${url.hostname} port=${url.port} dbname=${url.pathname.slice(1)}`,
  })
  t.teardown(stop)
  return `postgres://${user}@127.0.0.1:${port}/shop`
}

/** Runs PgBouncer for all databases of a server, as `TEST_POOLER` wants it. */
export async function runPgbouncer({
  port,
  user,
  password,
  database,
  mode,
  poolSize,
  systemUser = 'nobody',
}: Required<PoolerOptions> & {
  port: number
  user: string
  password: string
  database: string
  /** It refuses to run as root. */
  systemUser?: string
}): Promise<{stop: () => Promise<void>}> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-pgbouncer-'))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'users.txt'), `"${user}" "${password}"\n`)
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
     ${database} user=${user}${password === '' ? '' : ` password='${password}'`}
     [pgbouncer]
     listen_addr = 127.0.0.1
     listen_port = ${port}
     unix_socket_dir =
     auth_type = any
     auth_file = ${join(folder, 'users.txt')}
     pool_mode = ${mode}
     default_pool_size = ${poolSize}
     max_client_conn = 1000
    `.replaceAll(/^ +/gm, ''),
  )
  const args = process.getuid?.() === 0 ? ['-u', systemUser] : []
  const child = spawn(pgbouncerBinary ?? 'pgbouncer', [...args, join(folder, 'pgbouncer.ini')], {stdio: 'ignore'})
  const exited = once(child, 'exit')
  await until(async () => child.exitCode !== null || canConnect(port))
  if (child.exitCode !== null) throw new Error('PgBouncer did not start.')
  return {
    async stop() {
      child.kill('SIGKILL')
      await exited
      await rm(folder, {recursive: true})
    },
  }
}
