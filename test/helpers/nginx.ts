import {spawn, spawnSync} from 'node:child_process'
import {createSocket} from 'node:dgram'
import {type EventEmitter, once} from 'node:events'
import {mkdir, mkdtemp, open, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {threadId} from 'node:worker_threads'

import type {ExecutionContext} from 'ava'

export const templates = new URL('../../../nginx/templates/', import.meta.url)

/** Debian installs it in /usr/sbin, which is not in every user's PATH. */
export const nginxBinary = ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx'].find(
  (candidate) => spawnSync(candidate, ['-v']).status === 0,
)

export type Nginx = {
  port: number
  statusPort: number
  /** Only with TLS. */
  tlsPort: number
  readLog: () => Promise<string>
}

/** Limits that no test reaches by accident. */
const highLimits = {NGINX_REQUEST_RATE: '100000r/s', NGINX_REQUEST_BURST: '100000', NGINX_CONNECTIONS: '10000'}

/**
 * Runs nginx with the repository's configuration on a free loopback port until the test ends. The variables are filled
 * in as the nginx image does it.
 */
export async function startNginx(t: ExecutionContext, ...upstreamPorts: number[]): Promise<Nginx> {
  return startNginxWith(t, {}, ...upstreamPorts)
}

/** The same with other variables than a test usually needs, and with locations that an operator mounts. */
export async function startNginxWith(
  t: ExecutionContext,
  {locations = '', ...given}: Record<string, string>,
  ...upstreamPorts: number[]
): Promise<Nginx> {
  const prefix = await mkdtemp(join(tmpdir(), 'shop-nginx-'))
  const [port, statusPort, tlsPort] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const variables = {
    NGINX_LISTEN: `127.0.0.1:${port}`,
    NGINX_TLS_LISTEN: `127.0.0.1:${tlsPort}`,
    NGINX_TLS_PORT: '443',
    NGINX_STATUS_PORT: String(statusPort),
    NGINX_SERVER: 'plain',
    NGINX_TRUSTED_PROXY: 'unix:',
    NGINX_PREFIX: '',
    ...highLimits,
    ...given,
  }
  await mkdir(join(prefix, 'conf.d'))
  for (const template of await readdir(templates)) {
    await writeFile(
      join(prefix, 'conf.d', template.replace(/\.template$/, '')),
      await fillTemplate(template, variables, upstreamPorts),
    )
  }
  await writeFile(join(prefix, 'conf.d', 'test.location'), locations)
  await writeFile(join(prefix, 'nginx.conf'), mainConfiguration())

  // A file, because nginx opens /dev/stdout by name, which fails if it is a socket.
  const log = await open(join(prefix, 'output.log'), 'a')
  const readLog = async () => readFile(join(prefix, 'output.log'), 'utf8')
  const child = spawn(nginxBinary ?? 'nginx', ['-p', prefix, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', log.fd, log.fd],
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
    await log.close()
    await rm(prefix, {recursive: true})
  })

  if (!(await accepts(port, exited))) throw new Error(`nginx did not start: ${await readLog()}`)
  return {port, statusPort, tlsPort, readLog}
}

/** Each port is a replica, as the name of a service in docker compose stands for several addresses. */
async function fillTemplate(template: string, variables: Record<string, string>, ports: number[]): Promise<string> {
  const text = await readFile(new URL(template, templates), 'utf8')
  return text
    .replaceAll(/^.*\$\{API_UPSTREAM\}.*\n/gm, (line) =>
      ports.map((port) => line.replace('${API_UPSTREAM}', `127.0.0.1:${port}`)).join(''),
    )
    .replaceAll(/\$\{(\w+)\}/g, (reference, name: string) => variables[name] ?? reference)
}

/** Surrounds our configuration with what the image's nginx.conf has, keeping every path inside the prefix. */
function mainConfiguration(): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
  return `
    # Workers of another user could not enter the prefix.
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    events { worker_connections 1024; }
    http { ${temporary.join(' ')} include conf.d/*.conf; }
  `
}

async function accepts(port: number, exited: Promise<unknown>): Promise<boolean> {
  const gone = exited.then(() => 'gone')
  while (!(await canConnect(port))) {
    if ((await Promise.race([gone, delay(25, 'running')])) === 'gone') return false
  }
  return true
}

export async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const connected = once(socket, 'connect').then(
    () => true,
    () => false,
  )
  return connected.finally(() => socket.destroy())
}

/**
 * Starts below the ephemeral ports, which another program could get before nginx. Each process starts at another port, and so
 * does each test file, which is a thread.
 */
let nextPort = 20_000 + (((process.pid + threadId) * 32) % 10_000)

/**
 * A TCP port that no other test gets while this thread runs, also if nothing listens on it for a while. What reserves a port
 * for all threads and processes is its UDP port, which the system frees with the thread.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = nextPort++
    const reservation = createSocket('udp4').unref()
    const server = createServer()
    const isFree =
      (await listens(reservation, () => reservation.bind({port, address: '127.0.0.1', exclusive: true}))) &&
      (await listens(server, () => server.listen(port, '127.0.0.1')))
    if (!isFree) {
      reservation.close()
      continue
    }
    server.close()
    await once(server, 'close')
    return port
  }
}

async function listens(listener: EventEmitter, listen: () => unknown): Promise<boolean> {
  const listening = once(listener, 'listening').then(
    () => true,
    () => false,
  )
  listen()
  return listening
}
