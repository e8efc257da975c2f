import {setMaxListeners} from 'node:events'
import {Socket} from 'node:net'
import {isDeepStrictEqual} from 'node:util'

import knex, {type Knex} from 'knex'
import type {Client} from 'pg'

import type {DatabaseLocation} from '../config.ts'
import {GuardedClient} from './guarded-client.ts'
import {destroyWhenSilent, disposeWhenUseless, prepareSession, type SessionOptions} from './session.ts'
import type {StatementWatch} from './statement-watch.ts'
import {typeParsers} from './types.ts'

/** How pg reaches a server. */
export type ConnectionSettings =
  {connectionString: string} | {host: string; port: number; database: string; user: string; password?: string}

export function serverConnection(location: Exclude<DatabaseLocation, {kind: 'embedded'}>): ConnectionSettings {
  if (location.kind === 'url') return {connectionString: location.url}
  const {host, port, database, user, password} = location
  return {host, port, database, user, ...(password !== undefined && {password})}
}

/** Where the server is, without its password. */
export function describeLocation(location: DatabaseLocation): string {
  if (location.kind === 'embedded') return location.dataDir
  if (location.kind === 'server') return `${location.host}:${location.port}`
  const {hostname, port, searchParams} = parseDatabaseUrl(location.url)
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : decodeURIComponent(hostname))
  return `${host}:${port === '' ? 5432 : port}`
}

/** As libpq and pg read it, which allow a user without a host, as in `postgres://user@/shop?host=/run/postgresql`. */
export function parseDatabaseUrl(url: string): URL {
  return new URL(url.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?#]|$)/, '$1localhost'))
}

export type PoolOptions = SessionOptions & {
  /** The most connections in the connection pool. */
  poolSize: number
  /** How long a query may wait for a connection, in milliseconds. */
  acquireMs?: number
  /** Shown in pg_stat_activity. */
  name?: string
  /** Reports the statements of the connections that take long. */
  watch?: StatementWatch
  /** Ends all connections at once, whatever they are doing, and refuses new ones. */
  signal?: AbortSignal
}

const defaultName = 'shop'

/** A server that accepts a connection answers well within this, even on a busy machine. */
const connectMs = 5000

/** A connection pool. It opens connections when they are needed, and contacts nothing before the first query. */
export function connect(settings: () => ConnectionSettings, options: PoolOptions): Knex {
  // Each connection has a listener, and Node would warn of more than ten.
  if (options.signal) setMaxListeners(0, options.signal)
  const pool = knex({
    client: 'pg',
    // The oldest one that the shop supports. Otherwise Knex asks, and leaves the connection open if that fails.
    version: '15',
    connection: () => currentSettings(settings, options),
    pool: {
      min: 0,
      max: options.poolSize,
      afterCreate(connection: Client, done: (error: unknown, connection: Client) => void) {
        destroyWhenSilent(connection, options)
        disposeWhenUseless(connection)
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
  // The part of pg that Knex uses. Its own is the same for all pools of the process.
  Object.assign(pool.client as object, {driver: {Client: GuardedClient}})
  return pool
}

/** If the settings change, as after a restart of an embedded server, Knex asks again and drops its open connections. */
function currentSettings(settings: () => ConnectionSettings, {name, signal}: PoolOptions): Knex.PgConnectionConfig {
  const current = {...settings()}
  return {
    ...current,
    types: typeParsers,
    application_name: name ?? defaultName,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => openSocket(signal),
    expirationChecker: () => !isDeepStrictEqual(current, {...settings()}),
  }
}

/** A socket that the signal destroys, whether it is connected yet or not. */
function openSocket(signal: AbortSignal | undefined): Socket {
  const socket = new Socket()
  if (!signal) return socket
  const destroy = (): void => {
    socket.destroy(Object.assign(new Error('The connections to the database were closed.'), {code: 'ECONNRESET'}))
  }
  if (signal.aborted) process.nextTick(destroy)
  signal.addEventListener('abort', destroy)
  socket.once('close', () => {
    signal.removeEventListener('abort', destroy)
  })
  return socket
}

function ignore(): void {
  return undefined
}
