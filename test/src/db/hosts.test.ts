import {once} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'

import test, {type ExecutionContext} from 'ava'

import {readConfig} from '../../../src/config.ts'
import {connect, describeLocation} from '../../../src/db/connect.ts'
import {isConnectionError, messageOf} from '../../../src/db/errors.ts'
import {type ConnectionSettings, readHosts} from '../../../src/db/hosts.ts'
import {patienceMs, Primary} from '../../../src/db/open-connection.ts'
import {query} from '../../../src/db/query.ts'
import {createDatabase} from '../../helpers/database.ts'
import {findFreePort} from '../../helpers/nginx.ts'
import {startProxy} from '../../helpers/proxy.ts'
import {runShop} from '../../helpers/run.ts'
import {message} from '../../helpers/wire.ts'

const hostsOf = (connectionString: string): unknown => {
  const {all, mustWrite} = readHosts({connectionString})
  return [
    mustWrite,
    ...all.map(({name, settings}) => [name, 'connectionString' in settings && settings.connectionString]),
  ]
}

test('the hosts of a URL are read as libpq reads them', (t) => {
  t.deepEqual(hostsOf('postgres://u:p%40@h/d'), [false, ['h:5432', 'postgres://u:p%40@h/d']])
  t.deepEqual(hostsOf('postgres://u:p@h1:1,h2,[::1]:3/d?application_name=x'), [
    true,
    ['h1:1', 'postgres://u:p@h1:1/d?application_name=x'],
    ['h2:5432', 'postgres://u:p@h2/d?application_name=x'],
    ['[::1]:3', 'postgres://u:p@[::1]:3/d?application_name=x'],
  ])
  t.deepEqual(hostsOf('postgresql://u@/d?host=/run/a,h2&port=1,2&target_session_attrs=any'), [
    false,
    ['/run/a:1', 'postgresql://u@/d?host=%2Frun%2Fa&port=1'],
    ['h2:2', 'postgresql://u@/d?host=h2&port=2'],
  ])
  t.deepEqual(hostsOf('postgres://h1,h2:2/d?target_session_attrs=primary'), [
    true,
    ['h1:5432', 'postgres://h1/d'],
    ['h2:2', 'postgres://h2:2/d'],
  ])
  t.like(readHosts({connectionString: 'postgres://h/d?target_session_attrs=read-write'}), {mustWrite: true})
})

test('a place names all hosts and no password', (t) => {
  const read = (env: NodeJS.ProcessEnv): string => describeLocation(readConfig(env, {dataDir: '/data'}).database)

  t.is(read({DATABASE_URL: 'postgres://u:secret@h1:1,h2/d'}), 'h1:1, h2:5432')
  t.is(read({DATABASE_URL: 'postgres://u@/d?host=/run/postgresql'}), '/run/postgresql:5432')
  t.is(read({POSTGRES_HOST: 'h1,h2', POSTGRES_PORT: '6432'}), 'h1:6432, h2:6432')
})

for (const [part, reason] of [
  ['h1,h2/d?target_session_attrs=standby', 'target_session_attrs must be read-write, primary or any'],
  ['h1,h2/d?target_session_attrs=', 'target_session_attrs must be'],
  ['h1:1,h2:99999/d', '"99999" is not a valid port'],
  ['h1,h2:x/d', '"h2:x" is not a valid host'],
  ['/d?host=a,b,c&port=1,2', 'there are 2 ports for 3 hosts'],
]) {
  test(`postgres://${part} is refused without its password`, async (t) => {
    const {exitCode, stderr} = await runShop(['status'], {env: {DATABASE_URL: `postgres://u:hidden@${part}`}})

    t.is(exitCode, 1)
    t.true(stderr.replaceAll(/\s+/g, ' ').includes(`DATABASE_URL cannot be used: ${reason}`))
    t.notRegex(stderr, /hidden/)
  })
}

for (const [replica, reason] of [
  ['r2:99999/d', '"99999" is not a valid port'],
  ['r2/d?sslrootcert=/missing.pem', 'ENOENT: no such file or directory'],
]) {
  test(`the replica postgres://${replica} is refused without its password`, async (t) => {
    const {url} = await createDatabase(t)
    const replicas = `postgres://u:hidden@r1/d, postgres://u:hidden@${replica}`

    const {exitCode, stderr} = await runShop(['status'], {env: {DATABASE_URL: url, DATABASE_REPLICA_URL: replicas}})

    t.is(exitCode, 1)
    t.true(stderr.replaceAll(/\s+/g, ' ').includes(`DATABASE_REPLICA_URL cannot be used: ${reason}`))
    t.notRegex(stderr, /hidden/)
  })
}

/** A host that can be switched off, be silent or be read-only. All hosts lead to the same database. */
async function startHost(t: ExecutionContext, url: string) {
  const host = {isSilent: false, isReadOnly: false, connections: 0}
  const isCheck = (sent: string): boolean => sent.includes('show transaction_read_only')
  const readOnly = Buffer.concat([
    message(
      'T',
      Buffer.from([0, 1]),
      'transaction_read_only\0',
      Buffer.alloc(6),
      Buffer.from([0, 0, 0, 25, 255, 255]),
      Buffer.alloc(6),
    ),
    message('D', Buffer.from([0, 1, 0, 0, 0, 2]), 'on'),
    message('C', 'SHOW\0'),
    message('Z', 'I'),
  ])
  const through = await startProxy(t, url, (sent) => isCheck(sent) && host.isReadOnly, {
    forwards: () => !host.isSilent,
    instead: readOnly,
  })
  return Object.assign(host, {place: new URL(through).host})
}

function joinHosts(url: string, places: string[]): ConnectionSettings {
  const {username, password, pathname} = new URL(url)
  const user = password === '' ? username : `${username}:${password}`
  return {connectionString: `postgres://${user}@${places.join(',')}${pathname}?target_session_attrs=read-write`}
}

const pidOf = async (pool: ReturnType<typeof connect>): Promise<number | undefined> =>
  (await query<{pid: number}>(pool, 'select pg_backend_pid() as pid'))[0]?.pid

test('a connection goes to the host that accepts writes, and the next ones go there at once', async (t) => {
  const {url} = await createDatabase(t)
  const [standby, leader] = [await startHost(t, url), await startHost(t, url)]
  standby.isReadOnly = true
  const down = `127.0.0.1:${await findFreePort()}`
  const primary = new Primary()
  const settings = joinHosts(url, [down, standby.place, leader.place])
  const pool = connect(() => settings, {poolSize: 3, primary})
  t.teardown(async () => pool.destroy())

  await query(pool, 'select 1')
  t.is(primary.host, leader.place)

  standby.isReadOnly = false
  leader.isReadOnly = true
  primary.suspect()
  await query(pool, 'select 1')
  t.is(primary.host, standby.place)
})

/** A host is waited for only once; nobody gets any further who waits another time. */
function patientOnce(t: ExecutionContext): Primary {
  const ending = new AbortController()
  t.teardown(() => {
    ending.abort()
  })
  let isFirst = true
  return new Primary(async (over) => {
    if (isFirst) {
      isFirst = false
      return
    }
    const signal = AbortSignal.any([over, ending.signal])
    await once(signal, 'abort')
  })
}

test('a silent host costs a second, once', async (t) => {
  const {url} = await createDatabase(t)
  const [silent, leader] = [await startHost(t, url), await startHost(t, url)]
  silent.isSilent = true
  const settings = joinHosts(url, [silent.place, leader.place])
  const pool = connect(() => settings, {poolSize: 3})
  t.teardown(async () => pool.destroy())
  const primary = patientOnce(t)
  const other = connect(() => settings, {poolSize: 3, primary})
  t.teardown(async () => other.destroy())

  t.is(patienceMs, 1000)
  const start = performance.now()
  await query(pool, 'select 1')
  t.true(performance.now() - start > 900)
  await other.transaction(async () => query(other, 'select 1'))
  t.is(primary.host, leader.place)
})

test('hosts that refuse do not cost more while another is silent, which is then given up', async (t) => {
  const {url} = await createDatabase(t)
  const [standby, leader] = [await startHost(t, url), await startHost(t, url)]
  standby.isReadOnly = true
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const attempt = once(silent, 'connection') as Promise<[Socket]>
  const {port} = silent.address() as AddressInfo
  const standbys = Array.from({length: 4}, () => standby.place)
  const settings = joinHosts(url, [`127.0.0.1:${port}`, ...standbys, leader.place])
  const pool = connect(() => settings, {poolSize: 1, primary: patientOnce(t)})
  t.teardown(async () => pool.destroy())

  await query(pool, 'select 1')
  const [socket] = await attempt
  // Its end is seen only while it is read.
  socket.on('error', () => undefined).resume()
  if (!socket.closed) await once(socket, 'close')

  t.true(socket.closed)
})

test('without a host that accepts writes, the database is away, with the reason of each host', async (t) => {
  const {url} = await createDatabase(t)
  const standby = await startHost(t, url)
  standby.isReadOnly = true
  const down = `127.0.0.1:${await findFreePort()}`
  const settings = joinHosts(url, [down, standby.place])
  const pool = connect(() => settings, {poolSize: 1})
  t.teardown(async () => pool.destroy())

  const error = await t.throwsAsync(query(pool, 'select 1'))

  t.true(isConnectionError(error))
  t.is(
    messageOf(error),
    `no host accepts writes (${down}: connect ECONNREFUSED ${down}; ${standby.place}: it is read-only)`,
  )
})

test('a wrong password is reported as such, although another host is down', async (t) => {
  const {url} = await createDatabase(t)
  const host = await startHost(t, url)
  const settings = joinHosts(new URL('/missing', url).href, [`127.0.0.1:${await findFreePort()}`, host.place])
  const pool = connect(() => settings, {poolSize: 1})
  t.teardown(async () => pool.destroy())

  const error = await t.throwsAsync(query(pool, 'select 1'))

  t.false(isConnectionError(error))
  t.regex(messageOf(error), /database "missing" does not exist/)
})

test('when one connection finds the server read-only, no idle one of any pool is used again', async (t) => {
  const {url} = await createDatabase(t)
  const primary = new Primary()
  const [orders, reads] = [0, 1].map(() => connect(() => ({connectionString: url}), {poolSize: 1, primary}))
  if (!orders || !reads) throw new Error('There are two pools.')
  t.teardown(async () => Promise.all([orders.destroy(), reads.destroy()]))
  const [ordersBefore, readsBefore] = [await pidOf(orders), await pidOf(reads)]
  t.is(await pidOf(reads), readsBefore)

  await query(orders, 'set default_transaction_read_only = on')
  await t.throwsAsync(query(orders, `delete from users`), {message: /read-only transaction/})

  t.not(await pidOf(orders), ordersBefore)
  t.not(await pidOf(reads), readsBefore)
})
