import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../src/db/connect.ts'
import {acquireEmbeddedServer} from '../../src/db/embedded/index.ts'
import {checkBooks} from '../helpers/books.ts'
import {type Buyers, startBuyers} from '../helpers/buyers.ts'
import {createDatabase} from '../helpers/database.ts'
import {type ServeProcess, spawnServe} from '../helpers/serve.ts'
import {until} from '../helpers/until.ts'
import {sendSignal, workerPids} from '../helpers/workers.ts'
import {createDataDir, postmasterPid} from '../src/db/embedded/helpers.ts'

test.serial('the database restarts under load: every order matches the answer to its buyer', async (t) => {
  const dataDir = await createDataDir(t)
  const shop = spawnServe(t, {SHOP_DATA_DIR: dataDir})
  const origin = await shop.url
  const db = await connectTo(t, dataDir)
  const buyers = await startBuyers(t, {db, origin})

  // PostgreSQL's fast shutdown and its immediate one. A new server starts after each.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    await untilConfirmed(buyers, 100)
    const server = await postmasterPid(dataDir)
    sendSignal(server, signal)
    await until(async () => (await postmasterPid(dataDir).catch(() => server)) !== server)
    await untilConfirmed(buyers, 100)
  }

  const purchases = await buyers.stop()
  await until(async () => isUp(db))
  t.is(buyers.broken(), 0)
  await checkBooks(t, db, purchases)
})

test.serial('the shop is killed under load: confirmed orders exist, and the others can be repeated', async (t) => {
  const {db, url} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: url})
  const buyers = await startBuyers(t, {db, origin: await shop.url})
  await untilConfirmed(buyers, 100)

  shop.child.kill('SIGKILL')
  await until(async () => Promise.resolve(buyers.broken() >= 24))
  const purchases = await buyers.stop()
  await checkBooks(t, db, purchases)

  const origin = await spawnServe(t, {DATABASE_URL: url}).url
  const unanswered = purchases.filter(({answer, key}) => !answer && key !== undefined)
  t.true(unanswered.length > 0)
  const repeated = await Promise.all([...unanswered, ...unanswered].map(async (one) => buyers.repeat(origin, one)))
  t.true(repeated.every(({answer}) => answer?.status === 201))
  await checkBooks(t, db, [...purchases, ...repeated])
})

test.serial(
  'a worker is killed under load: it is replaced, the other one goes on, and no confirmed order is lost',
  async (t) => {
    const {db, url} = await createDatabase(t)
    const shop = spawnServe(t, {DATABASE_URL: url}, ['--workers', '2', '--port', '0'])
    const buyers = await startBuyers(t, {db, origin: await shop.url})
    await untilConfirmed(buyers, 100)
    const [victim = Number.NaN, other = Number.NaN] = await workerPids(shop)

    sendSignal(victim, 'SIGKILL')
    await until(async () => isReplaced(shop, victim))
    await untilConfirmed(buyers, 100)

    t.true((await workerPids(shop)).includes(other))
    const purchases = await buyers.stop()
    t.true(buyers.broken() > 0)
    await checkBooks(t, db, purchases)
    shop.child.kill('SIGTERM')
    t.is(await shop.exitCode, 0)
  },
)

async function connectTo(t: ExecutionContext, dataDir: string): Promise<Knex> {
  const server = await acquireEmbeddedServer(dataDir)
  const db = connect(() => server.connection, {poolSize: 4})
  t.teardown(async () => {
    await db.destroy()
    await server.release()
  })
  return db
}

/** Waits until `count` more orders are confirmed. */
async function untilConfirmed(buyers: Buyers, count: number): Promise<void> {
  const before = buyers.confirmed()
  await until(async () => Promise.resolve(buyers.confirmed() >= before + count))
}

async function isReplaced(shop: ServeProcess, victim: number): Promise<boolean> {
  const pids = await workerPids(shop)
  return pids.length === 2 && !pids.includes(victim) && shop.stdout().includes('A replacement worker serves')
}

async function isUp(db: Knex): Promise<boolean> {
  return db.raw('select 1').then(
    () => true,
    () => false,
  )
}
