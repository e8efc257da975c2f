import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {hasSqlState} from '../../../../src/db/errors.ts'
import {type PipelinedTransaction, runPipelined, sent} from '../../../../src/db/pipeline/run-pipelined.ts'
import {prepare, queryPrepared} from '../../../../src/db/pipeline/prepared.ts'
import {createDatabase} from '../../../helpers/database.ts'

const addPool = prepare('add_pool', 'insert into stock_pools (name) values (?)')
const readSettings = prepare(
  'read_settings',
  `select current_setting('plan_cache_mode') as plans, current_setting('enable_seqscan') as seqscan,
          current_setting('lock_timeout') as lock, current_setting('transaction_isolation') as isolation`,
)
const readPools = prepare('read_pools', 'select name from stock_pools order by id')

test('statements are committed, whether they were awaited or not', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})

  const {answer} = await runPipelined(db, {lockMs: 1000}, async (trx) =>
    Promise.resolve(sent(trx.send(addPool, ['east']))),
  )

  t.deepEqual(await answer, [])
  t.deepEqual(await db('stock_pools').pluck('name'), ['default', 'east'])
})

test('each statement sees the writes of earlier ones, whether they were awaited or not', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})

  const pools = await runPipelined(db, {lockMs: 1000}, async (trx) => {
    void trx.send(addPool, ['east'])
    return trx.send(readPools)
  })

  t.deepEqual(pools, [{name: 'default'}, {name: 'east'}])
})

test('if the body throws, nothing is kept and the connection stays usable', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})

  const failed = runPipelined(db, {lockMs: 1000}, async (trx) => {
    await trx.send(addPool, ['east'])
    throw new Error('No.')
  })

  await t.throwsAsync(failed, {message: 'No.'})
  t.deepEqual(await db('stock_pools').pluck('name'), ['default'])
})

test('a statement that fails after the body has returned fails the transaction, and the connection stays usable', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})

  const failed = runPipelined(db, {lockMs: 1000}, async (trx) => {
    await trx.send(addPool, ['east'])
    return sent(trx.send(addPool, ['default']))
  })

  const error = await t.throwsAsync(failed)
  t.true(hasSqlState(error, 'uniqueViolation'))
  t.deepEqual(await db('stock_pools').pluck('name'), ['default'])
})

test('a statement skipped because an earlier one failed is prepared when it first runs', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})
  const divide = prepare('divide', 'select 1 / ?::int as result')

  const failed = runPipelined(db, {lockMs: 1000}, async (trx) => {
    void trx.send(divide, [0])
    return trx.send(readPools)
  })
  const error = await t.throwsAsync(failed)
  t.like(error, {code: '22012'})
  for (const divisor of [1, -1]) {
    const results = runPipelined(db, {lockMs: 1000}, async (trx) =>
      Promise.all([trx.send(divide, [divisor]), trx.send(readPools)]),
    )
    t.deepEqual(await results, [[{result: divisor}], [{name: 'default'}]])
  }
})

test('a finished transaction takes no more statements', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})
  let kept: PipelinedTransaction | undefined

  await runPipelined(db, {lockMs: 1000}, async (trx) => {
    kept = trx
    await trx.send(readPools)
  })

  t.throws(() => kept?.send(addPool, ['east']), {message: /over/})
  t.deepEqual(await db('stock_pools').pluck('name'), ['default'])
})

test('a connection lost midway fails the transaction, and the next one gets another connection', async (t) => {
  const {db, url} = await createDatabase(t, {poolSize: 1})
  const other = await createDatabase(t)

  const failed = runPipelined(db, {lockMs: 1000}, async (trx) => {
    await trx.send(addPool, ['east'])
    await other.db.raw('select pg_terminate_backend(pid) from pg_stat_activity where datname = ?', [
      new URL(url).pathname.slice(1),
    ])
    return trx.send(readPools)
  })

  await t.throwsAsync(failed)
  t.deepEqual(await runPipelined(db, {lockMs: 1000}, async (trx) => trx.send(readPools)), [{name: 'default'}])
})

test('a failure that nobody awaits fails the transaction, although the server answers its COMMIT', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})

  const failed = runPipelined(db, {lockMs: 1000}, async (trx) => {
    const pools = trx.send(readPools)
    void trx.send(addPool, ['default'])
    await pools
    return 'done'
  })

  const error = await t.throwsAsync(failed)
  t.true(hasSqlState(error, 'uniqueViolation'))
})

test('a statement name with two texts is refused, and the connection stays usable', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})
  const [one, two] = [prepare('same', 'select 1 as value'), prepare('same', 'select 2 as value')]

  t.deepEqual(await queryPrepared(db, one, []), [{value: 1}])
  await t.throwsAsync(queryPrepared(db, two, []), {message: /"same" is used for two different texts/})
  const both = runPipelined(db, {lockMs: 1000}, async (trx) => Promise.all([trx.send(one), trx.send(two)]))
  await t.throwsAsync(both, {message: /"same" is used for two different texts/})
  t.deepEqual(await queryPrepared(db, one, []), [{value: 1}])
})

test.serial("the timer of pg's query_timeout ends with its query, and a longer query fails", async (t) => {
  const {url} = await createDatabase(t)
  const limited = new URL(url)
  limited.searchParams.set('query_timeout', '1000')
  const db = connect(() => ({connectionString: limited.href}), {poolSize: 1})
  t.teardown(async () => db.destroy())
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

  await queryPrepared(db, readPools, [])
  const before = timers()
  for (let count = 0; count < 20; count++) await queryPrepared(db, readPools, [])
  t.true(timers() < before + 10)

  await t.throwsAsync(queryPrepared(db, prepare('sleep', 'select pg_sleep(3)'), []), {message: 'Query read timeout'})
})

for (const [name, session] of Object.entries({
  'its session is not set up': {},
  'its session waits for a lock as long as the transaction may': {lockMs: 1000, keepsPlans: true},
  'its session waits for a lock for another time': {lockMs: 50, keepsPlans: true},
})) {
  test(`a transaction keeps plans and bounds the wait for a lock on a connection if ${name}`, async (t) => {
    const {url} = await createDatabase(t)
    const db = connect(() => ({connectionString: url}), {poolSize: 1, ...session})
    t.teardown(async () => db.destroy())
    const settings = (): Promise<unknown[]> => queryPrepared(db, readSettings, [])
    const before = await settings()

    const during = await runPipelined(db, {lockMs: 1000}, async (trx) => trx.send(readSettings))

    t.deepEqual(during, [{plans: 'force_generic_plan', seqscan: 'off', lock: '1s', isolation: 'read committed'}])
    t.deepEqual(await settings(), before)
  })
}
