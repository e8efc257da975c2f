import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../src/db/connect.ts'
import {createReadiness, defaultLookMs, readinessPool} from '../../../src/http/readiness.ts'
import {startShop} from '../../helpers/http.ts'
import {startProxy} from '../../helpers/proxy.ts'
import {createDatabase} from '../../helpers/database.ts'
import {until} from '../../helpers/until.ts'

const ready = '/healthcheck/ready/'

test('a server is ready if its database answers and has all migrations, also those of a newer version', async (t) => {
  const {db, send} = await start(t)
  t.is((await send('GET', ready)).status, 200)

  await db('knex_migrations').insert({name: '29991231000000_later', batch: 99})
  await delay(1000)
  t.is((await send('GET', ready)).status, 200)
})

test('a server is not ready without all migrations, and is again when they are applied', async (t) => {
  const {db, send} = await start(t)
  const {name} = (await db<{name: string}>('knex_migrations').orderBy('id', 'desc').first()) ?? {name: ''}
  await db('knex_migrations').where({name}).delete()

  const {status, body} = await send('GET', ready)
  await db('knex_migrations').insert({name, batch: 1})
  await delay(1000)

  t.like({status, code: body.code}, {status: 503, code: 'schema_outdated'})
  t.is((await send('GET', ready)).status, 200)
})

test('requests of the same time share one look at the database, whatever it finds', async (t) => {
  // More than the test takes, on any machine.
  const {pool, send} = await start(t, {freshMs: 600_000})
  let looks = 0
  pool.on('query', () => looks++)

  const answers = await Promise.all(Array.from({length: 100}, async () => send('GET', ready)))
  await pool.destroy()
  const later = await send('GET', ready)

  t.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]))
  t.is(later.status, 200)
  t.is(looks, 1)
})

test('a server whose database has gone silent is not ready within three seconds, and its heartbeat goes on', async (t) => {
  // A busy machine takes its time, too, so it is left almost all of the three seconds. The limits of the pool stay.
  t.is(defaultLookMs, 2000)
  const {network, send} = await start(t, {freshMs: 0, lookMs: 100})
  await until(async () => (await send('GET', ready)).status === 200)
  network.isSilent = true
  const began = performance.now()

  const {status, body, headers} = await send('GET', ready)

  t.like({status, code: body.code}, {status: 503, code: 'database_unavailable'})
  t.is(headers.get('retry-after'), '5')
  t.true(performance.now() - began < 3000)
  t.is((await send('GET', '/healthcheck/heartbeat/')).status, 200)
})

test('a server that drains is not ready, and everything else is served', async (t) => {
  const {readiness, send} = await start(t)
  t.is((await send('GET', ready)).status, 200)

  readiness.drain()

  const {status, body} = await send('GET', ready)
  t.like({status, code: body.code}, {status: 503, code: 'shutting_down'})
  t.is((await send('GET', '/products/list/')).status, 200)
})

/** A shop whose readiness is asked through a proxy in front of its database. */
async function start(t: ExecutionContext, limits: Parameters<typeof createReadiness>[1] = {}) {
  const {db, url} = await createDatabase(t)
  const network = {isSilent: false}
  const connectionString = await startProxy(t, url, () => false, {forwards: () => !network.isSilent})
  const pool = connect(() => ({connectionString}), readinessPool)
  t.teardown(async () => pool.destroy())
  const readiness = createReadiness(pool, limits)
  const {send} = await startShop(t, {readiness})
  return {db, network, pool, readiness, send}
}
