import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'
import {pino} from 'pino'

import {openDatabase} from '../../src/db/open.ts'
import {defaultHoldSettings} from '../../src/hold-settings.ts'
import {defaultLoginLimits} from '../../src/login-limits.ts'
import {defaultPaymentSettings} from '../../src/payment-settings.ts'
import {startServer} from '../../src/http/start-server.ts'
import {openMetrics} from '../../src/http/metrics/open-metrics.ts'
import type {Metric} from '../../src/metrics/metric.ts'
import {ask} from './ask.ts'
import type {Answer} from './http.ts'
import type {PostgresServer} from './replica.ts'
import {addToken, addUser} from './shop.ts'
import {until} from './until.ts'

export type ReplicaShop = {
  origin: string
  get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  order: (headers: Record<string, string>, productId: number) => Promise<number>
  /** How many reads were answered where and why, since the last call: `replica ready`, `primary own_writes`. */
  reads: () => Promise<Record<string, number>>
  lags: () => Promise<Record<string, number>>
  logged: string[]
  /** Waits until reads without a token are answered by a replica, or by the primary for lack of one. */
  untilReading: (from: 'primary' | 'replica') => Promise<void>
}

/** A server of the shop that reads the replicas. Two of them share nothing but the database, as two processes do. */
export async function startReplicaShop(
  t: ExecutionContext,
  primary: PostgresServer,
  replicas: PostgresServer[],
  {lagSeconds = 60, ...more}: {lagSeconds?: number} & Partial<Parameters<typeof startServer>[2]> = {},
): Promise<ReplicaShop> {
  const database = await openDatabase({kind: 'url', url: primary.url}, {poolSize: 1, waitSeconds: 10})
  const logged: string[] = []
  const log = pino({level: 'info'}, {write: (line) => logged.push(line)})
  const metrics = await openMetrics()
  const server = await startServer(
    database,
    log,
    {
      checkout: {lanes: 2, batchSize: 100, limit: 2000},
      replicas: replicas.length === 0 ? undefined : {urls: replicas.map(({url}) => url), lagSeconds},
      ...{currency: 'USD', holds: defaultHoldSettings, payments: defaultPaymentSettings, poolSize: 10, readPoolSize: 5},
      ...{orderItems: 100, hosts: [], basePath: '', corsOrigins: [], maxConnections: 1000, tokenDays: 30},
      ...{loginLimits: defaultLoginLimits, trustProxy: 'loopback', host: '127.0.0.1', port: 0},
      ...more,
    },
    metrics.shop,
  )
  t.teardown(async () => {
    await server.close(1000)
    await database.close()
  })

  const before = new Map<string, number>()
  const find = async (name: string): Promise<Metric | undefined> =>
    (await metrics.read()).find((metric) => metric.name === name)
  const reads = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {}
    for (const {labels, value} of (await find('shop_reads_total'))?.values ?? []) {
      const key = `${labels.from} ${labels.reason}`
      const since = value - (before.get(key) ?? 0)
      before.set(key, value)
      if (since > 0) counts[key] = since
    }
    return counts
  }
  const get: ReplicaShop['get'] = async (path, headers = {}) => ask(server.url + path, {headers})
  return {
    origin: server.url,
    ...{get, reads, logged},
    async order(headers, productId) {
      const {status, body} = await ask(`${server.url}/orders/create/`, {
        method: 'PUT',
        body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
        headers: {...headers, 'content-type': 'application/json'},
      })
      if (status !== 201) throw new Error(`An order was answered with ${status}: ${JSON.stringify(body)}`)
      return (body as {order_id: number}).order_id
    },
    async lags() {
      const values = (await find('shop_replica_lag_seconds'))?.values ?? []
      return Object.fromEntries(values.map(({labels, value}) => [String(labels.replica), value]))
    },
    async untilReading(from) {
      await until(async () => {
        await reads()
        await get('/products/list/')
        return Object.keys(await reads()).every((key) => key.startsWith(from))
      })
    },
  }
}

export async function addBuyer(db: Knex): Promise<{userId: number; headers: {authorization: string}}> {
  const userId = await addUser(db)
  return {userId, headers: {authorization: `Token ${await addToken(db, userId)}`}}
}
