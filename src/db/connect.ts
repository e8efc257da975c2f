import {setMaxListeners} from 'node:events'
import {Socket} from 'node:net'
import {isDeepStrictEqual} from 'node:util'

import knex, {type Knex} from 'knex'
import type {Client} from 'pg'

import type {DatabaseLocation} from '../config.ts'
import {GuardedClient} from './guarded-client.ts'
import {type ConnectionSettings, type HostSettings, type Hosts, readHosts} from './hosts.ts'
import {openConnection, Primary} from './open-connection.ts'
import {destroyWhenSilent, disposeWhenUseless, markAsDisposed, prepareSession, type SessionOptions} from './session.ts'
import type {StatementWatch} from './statement-watch.ts'
import {typeParsers} from './types.ts'

export function serverConnection(location: Exclude<DatabaseLocation, {kind: 'embedded'}>): ConnectionSettings {
  if (location.kind === 'url') return {connectionString: location.url}
  const {host, port, database, user, password} = location
  return {host, port, database, user, ...(password !== undefined && {password})}
}

/** Where the server is, without its password. */
export function describeLocation(location: DatabaseLocation): string {
  if (location.kind === 'embedded') return location.dataDir
  const {all} = readHosts(serverConnection(location))
  return all.map(({name}) => name).join(', ')
}

export type PoolOptions = SessionOptions & {
  /** The most connections in the connection pool. */
  poolSize: number
  /** How long a query may wait for a connection, in milliseconds. */
  acquireMs?: number
  /** How long the server may take to accept a connection, in milliseconds. */
  connectMs?: number
  /** Shown in pg_stat_activity. */
  name?: string
  /** Reports the statements of the connections that take long. */
  watch?: StatementWatch
  /** Shared by all connection pools of a database. */
  primary?: Primary
  /** Ends all connections at once, whatever they are doing, and refuses new ones. */
  signal?: AbortSignal
}

const defaultName = 'shop'

/** A server that accepts a connection answers well within this, even on a busy machine. */
const defaultConnectMs = 5000

/** A connection pool. It opens connections when they are needed, and contacts nothing before the first query. */
export function connect(settings: () => ConnectionSettings, options: PoolOptions): Knex {
  // Each connection has a listener, and Node would warn of more than ten.
  if (options.signal) setMaxListeners(0, options.signal)
  const {primary = new Primary()} = options
  const terms = new WeakMap<Client, number>()
  const pool = knex({
    client: 'pg',
    // The oldest one that the shop supports. Otherwise Knex asks, and leaves the connection open if that fails.
    version: '15',
    connection: () => currentSettings(settings),
    pool: {
      min: 0,
      max: options.poolSize,
      afterCreate(connection: Client, done: (error: unknown, connection: Client) => void) {
        destroyWhenSilent(connection, options)
        disposeWhenUseless(connection, primary)
        options.watch?.add(connection, options.name ?? defaultName)
        prepareSession(connection, options).then(
          () => {
            done(undefined, connection)
          },
          (error: unknown) => {
            // Knex would leave it open.
            connection.end().catch(ignore)
            done(error, connection)
          },
        )
      },
    },
    acquireConnectionTimeout: options.acquireMs ?? 30_000,
    // Knex warns on the console of failures that it throws as well.
    log: {warn: ignore, error: ignore},
  })
  // What Knex asks its dialect for. Its own opens connections to one host only, and trusts them until they fail.
  Object.assign(pool.client as object, {
    async acquireRawConnection(): Promise<Client> {
      const {term} = primary
      const client = await openConnection(hostsOf(settings()), primary, async ({settings: one}, lost) =>
        open(one, options, lost),
      )
      terms.set(client, term)
      return client
    },
    validateConnection: (connection: Client) => terms.get(connection) === primary.term,
  })
  return pool
}

/** If the settings change, as after a restart of an embedded server, Knex asks again and drops its open connections. */
function currentSettings(settings: () => ConnectionSettings): Knex.PgConnectionConfig {
  const current = {...settings()}
  return {...current, expirationChecker: () => !isDeepStrictEqual(current, {...settings()})}
}

const hostsOfSettings = new WeakMap<ConnectionSettings, Hosts>()

function hostsOf(settings: ConnectionSettings): Hosts {
  const hosts = hostsOfSettings.get(settings) ?? readHosts(settings)
  hostsOfSettings.set(settings, hosts)
  return hosts
}

async function open(
  settings: HostSettings,
  {name, signal, connectMs = defaultConnectMs}: PoolOptions,
  lost?: AbortSignal,
): Promise<Client> {
  const client = new GuardedClient({
    ...settings,
    types: typeParsers,
    application_name: name ?? defaultName,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => openSocket([signal, lost]),
  })
  // Knex closes a connection that has this mark instead of lending it again.
  client.on('error', (error) => {
    markAsDisposed(client, error.message)
  })
  client.on('end', () => {
    markAsDisposed(client, 'The connection has ended.')
  })
  await client.connect()
  return client
}

/** A socket that a signal destroys, whether it is connected yet or not. */
function openSocket(signals: (AbortSignal | undefined)[]): Socket {
  const socket = new Socket()
  const destroy = (): void => {
    socket.destroy(Object.assign(new Error('The connections to the database were closed.'), {code: 'ECONNRESET'}))
  }
  for (const signal of signals) {
    if (signal?.aborted) process.nextTick(destroy)
    signal?.addEventListener('abort', destroy)
    socket.once('close', () => {
      signal?.removeEventListener('abort', destroy)
    })
  }
  return socket
}

function ignore(): void {
  return undefined
}
