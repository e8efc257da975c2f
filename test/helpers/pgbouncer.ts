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

/** Runs PgBouncer in front of the server until the test ends. Returns the URL of the database through it. */
export async function startPgbouncer(
  t: ExecutionContext,
  databaseUrl: string,
  mode: 'session' | 'transaction',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-pgbouncer-'))
  await chmod(folder, 0o755)
  // Its user may not enter the folder of the server's socket.
  const url = new URL(await startProxy(t, databaseUrl, () => false))
  const port = await findFreePort()
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  const target = `host=${url.hostname} port=${url.port} dbname=${url.pathname.slice(1)}`
  await writeFile(join(folder, 'users.txt'), `"${user}" "${password}"\n`)
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
     shop = ${target} user=${user}${password === '' ? '' : ` password='${password}'`}
     [pgbouncer]
     listen_addr = 127.0.0.1
     listen_port = ${port}
     unix_socket_dir =
     auth_type = any
     auth_file = ${join(folder, 'users.txt')}
     pool_mode = ${mode}
     default_pool_size = 40
     max_client_conn = 100
    `.replaceAll(/^ +/gm, ''),
  )
  // It refuses to run as root.
  const args = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(pgbouncerBinary ?? 'pgbouncer', [...args, join(folder, 'pgbouncer.ini')], {stdio: 'ignore'})
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
    await rm(folder, {recursive: true})
  })
  await until(async () => child.exitCode !== null || canConnect(port))
  if (child.exitCode !== null) throw new Error('PgBouncer did not start.')
  return `postgres://${user}@127.0.0.1:${port}/shop`
}
