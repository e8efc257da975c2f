import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {mkdtemp, open, rm} from 'node:fs/promises'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'

import test, {type ExecutionContext} from 'ava'

import {ask} from '../helpers/ask.ts'
import {createDatabase} from '../helpers/database.ts'
import {findFreePort} from '../helpers/nginx.ts'
import {bin} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'
import {until} from '../helpers/until.ts'
import {workerPids} from '../helpers/workers.ts'

/** Each line of the log is some 130 bytes, and a pipe holds 64 KiB. */
const manyRequests = 1500

/** Names the first port that needs no privilege. */
const portsFile = '/proc/sys/net/ipv4/ip_unprivileged_port_start'

test('a standard output on a full disk costs log lines, not the server', async (t) => {
  const {origin, child} = await start(t, '>/dev/full')

  for (let count = 0; count < 100; count++) t.is((await ask(`${origin}/products/list/`)).status, 200)

  child.kill('SIGTERM')
  t.deepEqual(await once(child, 'exit'), [0, null])
})

for (const workers of [1, 2]) {
  test(`standard streams whose reader has gone cost log lines, not the server: ${workers} process(es)`, async (t) => {
    const {origin, child} = await start(t, '', {stdio: 'pipe', workers})
    const pids = await workerPids({child})
    child.stdout?.destroy()
    child.stderr?.destroy()

    for (let count = 0; count < 100; count++) t.is((await ask(`${origin}/products/list/`)).status, 200)

    t.deepEqual(await workerPids({child}), pids)
    child.kill('SIGTERM')
    t.deepEqual(await once(child, 'exit'), [0, null])
  })
}

test('closed standard streams do not keep the server from serving', async (t) => {
  const {origin, child} = await start(t, '<&- >&- 2>&-')

  t.is((await ask(`${origin}/products/list/`)).status, 200)

  child.kill('SIGTERM')
  t.deepEqual(await once(child, 'exit'), [0, null])
})

for (const workers of [1, 2]) {
  test(`a standard output that nobody reads blocks neither requests nor SIGTERM: ${workers} process(es)`, async (t) => {
    const {path} = await openPipe(t)
    const {origin, child} = await start(t, `>${path}`, {workers})

    for (let count = 0; count < manyRequests; count++) await fetch(`${origin}/healthcheck/heartbeat/`)
    t.is((await ask(`${origin}/healthcheck/heartbeat/`)).status, 200)

    child.kill('SIGTERM')
    t.deepEqual(await once(child, 'exit'), [0, null])
  })
}

test('a standard output that is read late gets every line', async (t) => {
  const {path} = await openPipe(t)
  const {origin, child} = await start(t, `>${path}`)
  for (let count = 0; count < manyRequests; count++) await fetch(`${origin}/products/none/`)

  const cat = spawn('cat', [path])
  t.teardown(() => cat.kill())
  let log = ''
  cat.stdout.on('data', (data) => (log += String(data)))
  await until(async () => Promise.resolve((log.match(/"\/products\/none\/"/g)?.length ?? 0) >= manyRequests))

  t.notRegex(log, /dropped/)
  child.kill('SIGTERM')
  t.deepEqual(await once(child, 'exit'), [0, null])
})

test('a process that ends early writes the lines that wait', async (t) => {
  const {url} = await createDatabase(t)
  const end = `process.on('SIGUSR2', () => process.exit(3))`
  const shop = spawnServe(t, {
    DATABASE_URL: url,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(end)}`,
  })
  await fetch(`${await shop.url}/products/none/`)

  shop.child.kill('SIGUSR2')

  t.is(await shop.exitCode, 3)
  t.true(shop.stdout().includes('"/products/none/"'))
})

/** Root may listen on any port, unless this is taken from it. */
const ordinary = process.getuid?.() === 0 ? ['--bounding-set=-net_bind_service'] : []
const isProtected = process.platform === 'linux' && Number(readFileSync(portsFile, 'utf8')) > 1
const withProtectedPorts = isProtected && spawnSync('setpriv', [...ordinary, 'true']).status === 0 ? test : test.skip

withProtectedPorts('a port that this user may not listen on is an error that says what to do', async (t) => {
  const {url} = await createDatabase(t)
  const child = spawn('setpriv', [...ordinary, process.execPath, bin, 'serve', '--port', '1'], {
    env: {PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url},
  })

  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')])

  t.is(child.exitCode, 1)
  t.is(stderr, 'Error: This user may not listen on port 1.\nChoose a port above 1023 with --port.\n')
})

test('a host that is not of this machine is an error that says what to do', async (t) => {
  const {url} = await createDatabase(t)
  // The second is no name that a name service would be asked for: that may not answer.
  for (const host of ['192.0.2.1', 'host..invalid']) {
    const shop = spawnServe(t, {DATABASE_URL: url}, ['--port', '0', '--host', host])
    t.is(await shop.exitCode, 1)
    // A busy machine may have to wait for its database first, and says so.
    const said = shop.stderr().replace(/^\{[^\n]*"msg":"Waiting for PostgreSQL [^\n]*\}\n/, '')
    t.is(said, `Error: ${host} is not an address of this machine.\nChoose another host with --host.\n`)
  }
})

test('a process that may open too few files is an error that says what to do', async (t) => {
  const child = spawn('bash', ['-c', 'ulimit -n 64; exec "$0" "$1" serve', process.execPath, bin])

  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')])

  t.is(child.exitCode, 1)
  t.is(
    stderr,
    'Error: This process may open 64 files, and a server needs at least 128.\n' +
      'Raise the limit, for example with: ulimit -n 4096\n',
  )
})

test('a process that runs out of files goes on when connections are closed', async (t) => {
  const {origin, child} = await start(t, '', {prefix: 'ulimit -n 128;'})
  const sockets = Array.from({length: 300}, () => connect(Number(new URL(origin).port), '127.0.0.1'))
  await Promise.all(sockets.map(async (socket) => Promise.race([once(socket, 'connect'), once(socket, 'error')])))
  // More than it can accept. None of them answers until some are closed.
  for (const socket of sockets) {
    socket.on('error', () => undefined)
    socket.write('GET /healthcheck/heartbeat/ HTTP/1.1\r\nHost: x\r\n\r\n')
  }
  await Promise.any(sockets.map(async (socket) => once(socket, 'data')))
  for (const socket of sockets) socket.destroy()

  await until(async () =>
    ask(`${origin}/products/list/`).then(
      ({status}) => status === 200,
      () => false,
    ),
  )
  t.is(child.exitCode, null)
  child.kill('SIGTERM')
  t.deepEqual(await once(child, 'exit'), [0, null])
})

/** A pipe that is open for reading, and that nobody reads. */
async function openPipe(t: ExecutionContext) {
  const folder = await mkdtemp(join(tmpdir(), 'shop-pipe-'))
  const path = join(folder, 'pipe')
  await once(spawn('mkfifo', [path]), 'exit')
  const reader = await open(path, 'r+')
  t.teardown(async () => {
    await reader.close()
    await rm(folder, {recursive: true})
  })
  return {path}
}

type Options = {stdio?: 'pipe'; workers?: number; prefix?: string}

/** Starts the server by a shell, which connects its standard streams. */
async function start(t: ExecutionContext, redirections: string, {stdio, workers = 1, prefix = ''}: Options = {}) {
  const {url} = await createDatabase(t)
  const port = await findFreePort()
  const command = `${prefix} exec "$0" "$1" serve --port ${port} --workers ${workers} ${redirections}`
  const child = spawn('bash', ['-c', command, process.execPath, bin], {
    env: {PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url},
    stdio: stdio ?? 'ignore',
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const origin = `http://127.0.0.1:${port}`
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}.`)
    return ask(`${origin}/healthcheck/heartbeat/`).then(
      () => true,
      () => false,
    )
  })
  return {origin, child}
}
