import {setTimeout as delay} from 'node:timers/promises'

import test from 'ava'

import {query} from '../../../../src/db/query.ts'
import {pruneRecentWrites} from '../../../../src/db/replicas/recent-writes.ts'
import {setPrice} from '../../../../src/services/products/prices.ts'
import {type PostgresServer, startPrimary, startReplica, untilReplayed} from '../../../helpers/replica.ts'
import {addBuyer, startReplicaShop} from '../../../helpers/replica-shop.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {ask} from '../../../helpers/ask.ts'
import {runShop} from '../../../helpers/run.ts'
import {until} from '../../../helpers/until.ts'

// One pair of servers for all tests, since to make them takes longer than to run these. They pause the replica, so one runs
// after the other.
const ends: (() => unknown)[] = []
let primary: PostgresServer
let replica: PostgresServer

test.before(async () => {
  const owner = {teardown: (end: () => unknown) => ends.unshift(end)}
  primary = await startPrimary(owner)
  replica = await startReplica(owner, primary)
})

test.after.always(async () => {
  for (const end of ends) await end()
})

const pause = async (): Promise<unknown> => replica.db.raw('select pg_wal_replay_pause()')

async function resume(): Promise<void> {
  await replica.db.raw('select pg_wal_replay_resume()')
  await untilReplayed(primary, replica)
}

test.serial('users see what they wrote in every process, and others what the bound of the lag allows', async (t) => {
  const one = await startReplicaShop(t, primary, [replica])
  const other = await startReplicaShop(t, primary, [replica])
  const productId = await addProduct(primary.db, {name: 'Tea', stock: 10})
  const {headers} = await addBuyer(primary.db)
  const {headers: another} = await addBuyer(primary.db)
  const product = `/products/${productId}/`
  await untilReplayed(primary, replica)
  for (const shop of [one, other]) await shop.untilReading('replica')
  const put = async (path: string, json: unknown, method = 'PUT') =>
    ask(one.origin + path, {
      method,
      body: JSON.stringify(json),
      headers: {...headers, 'content-type': 'application/json'},
    })
  t.is((await other.get(product, headers)).body.quantity_in_stock, 10)
  t.is((await other.get('/orders/history/', headers)).body.count, 0)
  t.deepEqual(await other.reads(), {'replica ready': 2})

  await pause()
  const id = await one.order(headers, productId)
  const history = await other.get('/orders/history/', headers)
  t.deepEqual([history.body.count, history.body.results[0].id], [1, id])
  t.is((await other.get(`/orders/${id}/`, headers)).status, 200)
  t.is((await other.get(product, headers)).body.quantity_in_stock, 9)
  t.is((await other.get('/products/list/?search=tea', headers)).body.results[0].quantity_in_stock, 9)
  t.deepEqual(await other.reads(), {'primary own_writes': 4})
  // Everybody else reads the replica, within the bound.
  t.is((await other.get(product)).body.quantity_in_stock, 10)
  t.is((await other.get(product, another)).body.quantity_in_stock, 10)
  t.is((await other.get('/orders/history/', another)).body.count, 0)
  t.deepEqual(await other.reads(), {'replica ready': 3})
  await resume()
  t.is((await other.get('/orders/history/', headers)).body.count, 1)
  t.is((await other.get(product, headers)).body.quantity_in_stock, 9)
  t.deepEqual(await other.reads(), {'replica ready': 2})

  // A hold, which keeps stock from others, and a cancellation.
  await pause()
  t.is((await put(`/basket/items/${productId}/`, {quantity: 2})).status, 200)
  t.is((await other.get(product, headers)).body.quantity_in_stock, 7)
  await resume()
  t.is((await other.get(product, headers)).body.quantity_in_stock, 7)
  t.deepEqual(await other.reads(), {'primary own_writes': 1, 'replica ready': 1})
  await pause()
  t.is((await put(`/orders/${id}/cancel/`, {}, 'POST')).status, 200)
  t.is((await other.get(`/orders/${id}/`, headers)).body.status, 'cancelled')
  await resume()
  t.is((await other.get(`/orders/${id}/`, headers)).body.status, 'cancelled')
  t.deepEqual(await other.reads(), {'primary own_writes': 1, 'replica ready': 1})
})

test.serial('a request that waits with others for one page gets what its user wrote', async (t) => {
  const shop = await startReplicaShop(t, primary, [replica])
  const productId = await addProduct(primary.db, {name: 'Cocoa', stock: 1000})
  const {headers} = await addBuyer(primary.db)
  await untilReplayed(primary, replica)
  await shop.untilReading('replica')
  await pause()

  for (let sold = 1; sold <= 5; sold++) {
    const readers = Array.from({length: 10}, async () => shop.get(`/products/${productId}/`))
    await shop.order(headers, productId)
    const [own] = await Promise.all([
      shop.get(`/products/${productId}/`, headers),
      ...Array.from({length: 10}, async () => shop.get(`/products/${productId}/`)),
      ...readers,
    ])
    t.is(own.body.quantity_in_stock, 1000 - sold)
  }

  await resume()
})

test.serial('a replica that is behind by more than the bound is not read, and an idle primary is no lag', async (t) => {
  const shop = await startReplicaShop(t, primary, [replica], {lagSeconds: 0.2})
  const productId = await addProduct(primary.db, {name: 'Oats', stock: 10})
  const {headers} = await addBuyer(primary.db)
  await untilReplayed(primary, replica)
  await shop.untilReading('replica')
  const name = new URL(replica.url).host
  // Nothing is written meanwhile, for longer than the bound.
  await delay(400)
  await shop.reads()
  t.is((await shop.get(`/products/${productId}/`)).status, 200)
  t.deepEqual(await shop.reads(), {'replica ready': 1})
  t.true(((await shop.lags())[name] ?? 1) < 0.2)

  await pause()
  await shop.order(headers, productId)
  await shop.untilReading('primary')
  t.is((await shop.get(`/products/${productId}/`)).body.quantity_in_stock, 9)
  t.true(((await shop.lags())[name] ?? 0) > 0.2)
  await until(async () =>
    Promise.resolve(shop.logged.join('').includes('"state":"behind","msg":"A replica is not read')),
  )

  await resume()
  await shop.untilReading('replica')
  t.is((await shop.get(`/products/${productId}/`)).body.quantity_in_stock, 9)
  await until(async () => Promise.resolve(/not read[^]*A replica is read/.test(shop.logged.join(''))))
})

test.serial('what a list lacks is refreshed on the primary, once', async (t) => {
  const shop = await startReplicaShop(t, primary, [replica])
  const productId = await addProduct(primary.db, {name: 'Figs', stock: 10, price: 100})
  await untilReplayed(primary, replica)
  await shop.untilReading('replica')
  await setPrice(primary.db, {productId, currency: 'USD', amount: 200})
  await untilReplayed(primary, replica)
  await pause()

  const pages = await Promise.all(
    Array.from({length: 20}, async (_, index) => shop.get(`/products/list/?search=figs&page_size=${index + 1}`)),
  )
  t.deepEqual(new Set(pages.map(({body}) => String(body.results[0].price))), new Set(['2.00']))
  const reads = await shop.reads()
  t.is((reads['primary refresh'] ?? 0) + (reads['primary failure'] ?? 0), 20)
  t.deepEqual(await query(primary.db, 'select from listing_refreshes'), [])

  await resume()
  t.is((await shop.get('/products/list/?search=figs')).body.results[0].price, '2.00')
  t.deepEqual(await shop.reads(), {'replica ready': 1})
})

test.serial('what a replica does not know, the primary is asked', async (t) => {
  const shop = await startReplicaShop(t, primary, [replica])
  await untilReplayed(primary, replica)
  await shop.untilReading('replica')
  await pause()
  const productId = await addProduct(primary.db, {name: 'Dates', stock: 10})

  t.is((await shop.get(`/products/${productId}/`)).status, 200)
  t.is((await shop.get('/products/99999999/')).status, 404)
  t.is((await shop.get('/products/list/?page=99')).status, 404)
  t.deepEqual(await shop.reads(), {'primary refusal': 3})
  await resume()
})

test.serial(
  'only what was written is noted, once for each user of a transaction, and only with replicas',
  async (t) => {
    const plain = await startReplicaShop(t, primary, [])
    const shop = await startReplicaShop(t, primary, [replica])
    const productId = await addProduct(primary.db, {name: 'Salt', stock: 30})
    const {headers, userId} = await addBuyer(primary.db)
    const noted = async (): Promise<number> =>
      (await query(primary.db, 'select from recent_writes where user_id = ?', [userId])).length

    await plain.order(headers, productId)
    t.is(await noted(), 0)
    await shop.order(headers, productId)
    t.is(await noted(), 1)
    await t.throwsAsync(shop.order(headers, 99_999_999))
    t.is(await noted(), 1)
    await Promise.all(Array.from({length: 8}, async () => shop.order(headers, productId)))
    t.true((await noted()) <= 9)

    await query(
      primary.db,
      `update recent_writes set written_at = written_at - interval '5 minutes' where user_id = ?`,
      [userId],
    )
    await pruneRecentWrites(primary.db)
    t.is(await noted(), 0)
  },
)

test.serial('reads of a user who writes all the time stay on the primary', async (t) => {
  const shop = await startReplicaShop(t, primary, [replica])
  const {headers, userId} = await addBuyer(primary.db)
  const write = async (count: number): Promise<void> => {
    await query(primary.db, 'insert into recent_writes (user_id) select ? from generate_series(1, ?)', [userId, count])
    await untilReplayed(primary, replica)
  }
  await shop.untilReading('replica')

  await write(20)
  await shop.get('/orders/history/', headers)
  t.deepEqual(await shop.reads(), {'replica ready': 1})
  await write(1)
  await shop.get('/orders/history/', headers)
  t.deepEqual(await shop.reads(), {'primary own_writes': 1})
})

test.serial('status and doctor say how each replica is', async (t) => {
  const gone = 'postgres://shop@127.0.0.1:1/shop'
  const env = {DATABASE_URL: primary.url, DATABASE_REPLICA_URL: `${replica.url}, ${gone}, ${primary.url}`}
  const {host} = new URL(replica.url)

  const status = await runShop(['status'], {env})
  t.regex(status.stdout, new RegExp(`^Replica: {3}${host}, \\d+ ms behind$`, 'm'))
  t.regex(status.stdout, /^Replica: {3}127\.0\.0\.1:1, does not answer$/m)
  t.regex(status.stdout, /^Replica: {3}127\.0\.0\.1:\d+, a primary of its own, so it is not read$/m)

  await pause()
  await addProduct(primary.db, {name: 'Mint'})
  const doctor = await runShop(['doctor', '--json'], {env: {...env, SHOP_REPLICA_LAG: '0.1'}})
  await resume()
  const {checks} = JSON.parse(doctor.stdout) as {checks: {name: string; level: string; says: string}[]}
  const found = checks.filter(({name}) => name === 'replicas')
  t.deepEqual(new Set(found.map(({level}) => level)), new Set(['warning']))
  t.regex(found[0]?.says ?? '', /is more than 0\.1 s behind, so it is not read/)
  t.regex(found[1]?.says ?? '', /does not answer: .*ECONNREFUSED/)
})
