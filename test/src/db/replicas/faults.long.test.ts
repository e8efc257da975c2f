import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {query} from '../../../../src/db/query.ts'
import {defaultPaymentSettings} from '../../../../src/payment-settings.ts'
import {testActionPath} from '../../../../src/gateways/open-gateway.ts'
import {createTestGateway} from '../../../../src/gateways/test-provider/test-gateway.ts'
import {addMethod, customerOf} from '../../../../src/services/payments/methods.ts'
import {reportReplicas} from '../../../../src/services/shop/replicas.ts'
import {type PostgresServer, startPrimary, startReplica, untilReplayed} from '../../../helpers/replica.ts'
import {addBuyer, type ReplicaShop, startReplicaShop} from '../../../helpers/replica-shop.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {until} from '../../../helpers/until.ts'

type Setting = {primary: PostgresServer; replica: PostgresServer; shop: ReplicaShop; productId: number}

async function setUp(t: ExecutionContext, {lagSeconds = 5} = {}): Promise<Setting> {
  const primary = await startPrimary(t)
  const replica = await startReplica(t, primary)
  const shop = await startReplicaShop(t, primary, [replica], {lagSeconds})
  const productId = await addProduct(primary.db, {stock: 1_000_000})
  await untilReplayed(primary, replica)
  await shop.untilReading('replica')
  return {primary, replica, shop, productId}
}

const stateOf = async ({primary, replica}: Setting): Promise<string | undefined> =>
  (await reportReplicas(primary.db, {urls: [replica.url], lagSeconds: 1}))[0]?.state

/** Readers and a buyer who go on until `end`. Returns the statuses of all answers, with their counts. */
function startLoad(setting: Setting, headers: Record<string, string>): {end: () => Promise<Record<string, number>>} {
  const {shop, productId} = setting
  const statuses: Record<string, number> = {}
  let isOver = false
  const reader = async (paths: string[]): Promise<void> => {
    for (let turn = 0; !isOver; turn++) {
      const path = paths[turn % paths.length] ?? '/'
      const {status} = await fetch(shop.origin + path, {headers: path.startsWith('/orders') ? headers : {}})
      const key = `${status} ${path}`
      statuses[key] = (statuses[key] ?? 0) + 1
      await delay(2)
    }
  }
  const buyer = async (): Promise<void> => {
    while (!isOver) {
      const id = await shop.order(headers, productId)
      const {status} = await fetch(`${shop.origin}/orders/${id}/`, {headers})
      const key = `${status} own order`
      statuses[key] = (statuses[key] ?? 0) + 1
      await delay(20)
    }
  }
  const all = Promise.all([
    buyer(),
    ...Array.from({length: 4}, async () =>
      reader(['/products/list/', `/products/${productId}/`, '/orders/history/', '/products/list/?search=rice']),
    ),
  ])
  return {
    async end() {
      isOver = true
      await all
      return statuses
    },
  }
}

/** Nothing but success, on each path. */
function isSuccess(t: ExecutionContext, statuses: Record<string, number>): void {
  t.log(statuses)
  t.deepEqual(
    Object.keys(statuses).filter((key) => !key.startsWith('200 ')),
    [],
  )
  t.is(Object.keys(statuses).length, 5)
}

test.serial('a replica is restarted, killed and frozen under load, and no request fails', async (t) => {
  const setting = await setUp(t)
  const {primary, replica, shop} = setting
  const {headers} = await addBuyer(primary.db)
  const load = startLoad(setting, headers)

  for (const how of ['fast', 'immediate'] as const) {
    await delay(300)
    await replica.stop(how)
    await shop.untilReading('primary')
    t.is(await stateOf(setting), 'unreachable')
    await replica.start()
    await shop.untilReading('replica')
  }
  replica.freeze()
  await shop.untilReading('primary')
  replica.thaw()
  await shop.untilReading('replica')

  isSuccess(t, await load.end())
  const reads = await shop.reads()
  t.log(reads)
  // On a busy machine, the replay may take a while.
  await until(async () => (await stateOf(setting)) === 'ready')
})

test.serial('statements that the replay cancels are answered by the primary', async (t) => {
  const setting = await setUp(t)
  const {primary, shop} = setting
  const {headers} = await addBuyer(primary.db)
  const load = startLoad(setting, headers)

  // Each takes the exclusive lock of a table, whose replay ends what reads it there.
  for (let failures = 0; failures < 5; failures += (await shop.reads())['primary failure'] ?? 0) {
    await query(primary.db, 'vacuum full listings')
    await query(primary.db, 'vacuum full orders')
  }

  isSuccess(t, await load.end())
})

test.serial('a replica that is promoted is not read any more, and one that is made anew is', async (t) => {
  const setting = await setUp(t)
  const {primary, replica, shop, productId} = setting

  await query(replica.db, 'select pg_promote()')
  await shop.untilReading('primary')
  t.is(await stateOf(setting), 'promoted')
  // What it does from now on is its own.
  await query(replica.db, `update products set name = 'Diverged'`)
  await query(replica.db, `update listings set name = 'Diverged'`)
  for (let read = 0; read < 20; read++) t.is((await shop.get(`/products/${productId}/`)).body.name, 'Rice')

  const anew = await startReplica(t, primary)
  const second = await startReplicaShop(t, primary, [replica, anew], {lagSeconds: 5})
  await second.untilReading('replica')
  await second.reads()
  for (let read = 0; read < 20; read++) t.is((await second.get(`/products/${productId}/`)).body.name, 'Rice')
  t.deepEqual(await second.reads(), {'replica ready': 20})
})

test.serial('a standby of another shop is not read', async (t) => {
  const {primary, productId} = await setUp(t)
  const otherPrimary = await startPrimary(t)
  const other = await startReplica(t, otherPrimary)
  const shop = await startReplicaShop(t, primary, [other], {lagSeconds: 5})
  await until(async () => Promise.resolve(shop.logged.some((line) => line.includes('"state":"foreign"'))))

  t.is((await shop.get(`/products/${productId}/`)).status, 200)
  t.deepEqual(await shop.reads(), {'primary no_replica': 1})
  const [report] = await reportReplicas(primary.db, {urls: [other.url], lagSeconds: 1})
  t.is(report?.state, 'foreign')
})

test.serial('after a failover to a server that had less, a replica that has more is not read', async (t) => {
  const old = await startPrimary(t)
  const [successor, replica] = [await startReplica(t, old), await startReplica(t, old)]
  const productId = await addProduct(old.db, {name: 'Rice'})
  const hosts = [old, successor].map(({url}) => new URL(url).host).join()
  const shop = await startReplicaShop(t, {...old, url: `postgres://shop@${hosts}/shop`}, [replica], {lagSeconds: 1})
  const write = async ({db}: PostgresServer): Promise<unknown> =>
    query(db, `select pg_logical_emit_message(true, 'test', repeat('x', 3000000))`)
  await untilReplayed(old, successor)
  await untilReplayed(old, replica)
  await shop.untilReading('replica')

  await successor.stop()
  await query(old.db, `update products set name = 'Lost'`)
  await write(old)
  await untilReplayed(old, replica)
  await old.stop('immediate')
  await successor.start()
  await query(successor.db, 'select pg_promote()')
  const readAll = async (): Promise<void> => {
    await shop.reads()
    for (let read = 0; read < 20; read++) {
      await delay(20)
      t.is((await shop.get(`/products/${productId}/`)).body.name, 'Rice')
    }
    t.deepEqual(await shop.reads(), {'primary no_replica': 20})
  }
  await until(async () => Promise.resolve(shop.logged.some((line) => line.includes('"state":"foreign"'))))
  await readAll()
  const [report] = await reportReplicas(successor.db, {urls: [replica.url], lagSeconds: 1})
  t.is(report?.state, 'foreign')
  // From here on, the new primary has more.
  await write(successor)
  await write(successor)
  await readAll()
})

test.serial('two replicas take turns, and one that is behind is left out', async (t) => {
  const setting = await setUp(t, {lagSeconds: 0.3})
  const {primary, replica, productId} = setting
  const second = await startReplica(t, primary)
  const shop = await startReplicaShop(t, primary, [replica, second], {lagSeconds: 0.3})
  await shop.untilReading('replica')
  const countReads = async (server: PostgresServer): Promise<number> => {
    const [row] = await query<{calls: number}>(
      server.db,
      `select count(*) as calls from pg_stat_activity where application_name = 'shop reads' and query like '%listings%'`,
    )
    return row?.calls ?? 0
  }
  await until(async () => {
    await Promise.all(Array.from({length: 8}, async (_, n) => shop.get(`/products/list/?page_size=${n + 1}`)))
    return (await countReads(replica)) > 0 && (await countReads(second)) > 0
  })

  await query(second.db, 'select pg_wal_replay_pause()')
  const {headers} = await addBuyer(primary.db)
  await shop.order(headers, productId)
  await until(async () => ((await shop.lags())[new URL(second.url).host] ?? 0) > 0.3)
  await shop.untilReading('replica')
  for (let read = 0; read < 20; read++) {
    t.is((await shop.get(`/products/${productId}/`)).body.quantity_in_stock, 999_999)
  }
})

test.serial('a user sees at once that an order is paid, and that it is cancelled and refunded', async (t) => {
  const primary = await startPrimary(t)
  const replica = await startReplica(t, primary)
  const payments = {...defaultPaymentSettings, mode: 'optional', provider: 'test'} as const
  const shop = await startReplicaShop(t, primary, [replica], {lagSeconds: 60, payments})
  const productId = await addProduct(primary.db, {stock: 100})
  const {headers, userId} = await addBuyer(primary.db)
  const post = async (path: string, json: unknown, method = 'POST'): Promise<Record<string, unknown>> => {
    const answer = await fetch(shop.origin + path, {
      method,
      body: JSON.stringify(json),
      headers: {...headers, 'content-type': 'application/json'},
    })
    t.true(answer.ok)
    return (await answer.json()) as Record<string, unknown>
  }
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(shop.origin + path, {headers})).json()) as Record<string, unknown>
  const gateway = createTestGateway({db: primary.db, webhookSecrets: ['secret'], actionUrl: testActionPath})
  const stored = await gateway.addMethod(await customerOf(primary.db, gateway, userId, AbortSignal.timeout(5000)), 'ok')
  const {id: methodId} = await addMethod(primary.db, {userId, provider: 'test', method: stored})
  await untilReplayed(primary, replica)
  await shop.untilReading('replica')
  await query(replica.db, 'select pg_wal_replay_pause()')

  const items = [{product_id: productId, quantity: 1}]
  const {order_id: id} = await post('/orders/create/', {items, payment_method: methodId}, 'PUT')
  t.is((await get(`/orders/${String(id)}/`)).payment_status, 'paid')
  await post(`/orders/${String(id)}/cancel/`, {})
  t.is((await get(`/orders/${String(id)}/`)).status, 'cancelled')
  const reads = await shop.reads()
  t.deepEqual(reads, {'primary own_writes': 2})

  await query(replica.db, 'select pg_wal_replay_resume()')
  await untilReplayed(primary, replica)
  t.is((await get(`/orders/${String(id)}/`)).status, 'cancelled')
  t.deepEqual(await shop.reads(), {'replica ready': 1})
})
