import test, {type ExecutionContext} from 'ava'

import {createPool} from '../../../../src/services/stock/pools.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {countAnswers, kindsOfAnswer} from '../../../helpers/interleavings/count-answers.ts'
import {findContradictions} from '../../../helpers/interleavings/find-contradictions.ts'
import {play, type Shop} from '../../../helpers/interleavings/play.ts'
import {startOperator, startServer} from '../../../helpers/interleavings/processes.ts'
import {readTables} from '../../../helpers/interleavings/read-tables.ts'
import {pools, scripts} from '../../../helpers/interleavings/script.ts'
import {runShop} from '../../../helpers/run.ts'
import {fc, seed, sized} from '../../../helpers/tier.ts'

/*
 * Random scripts of orders, cancellations and adjustments, made by TEST_SEED and played through several processes at
 * once; INTERLEAVINGS_SCRIPTS=N plays more of them. The processes decide how the actions interleave, each time anew, so
 * that a failure's seed may have to be played a few times. fast-check reduces a failure to the shortest script that still fails.
 */
const numRuns = Number(process.env.INTERLEAVINGS_SCRIPTS ?? sized(5, 60))
/** The time that fast-check has to shorten a script that failed. */
const shrinkMs = 30_000

test.serial(
  'orders, cancellations and adjustments by several processes at once: what clients were told holds',
  async (t) => {
    t.log(`TEST_SEED=${seed}`)
    const {shop, url} = await startShop(t)
    const counts = new Map<string, number>()
    let giveUpAt: number | undefined

    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        if (giveUpAt !== undefined && performance.now() > giveUpAt) return
        // What an audit finds stays in the tables: after a failure it says nothing of the scripts that follow.
        const actions = script.actions.filter(({kind}) => kind !== 'audit' || giveUpAt === undefined)
        const round = await play(shop, {...script, actions})
        const tables = await readTables(shop.db, round)
        countAnswers(counts, round, tables)
        const contradictions = findContradictions(round, tables)
        if (contradictions.length === 0) return
        giveUpAt ??= performance.now() + shrinkMs
        throw new Error(contradictions.join('\n'))
      }),
      {numRuns, includeErrorInReport: true},
    )

    t.log(Object.fromEntries(counts))
    t.deepEqual(
      kindsOfAnswer.filter((kind) => !counts.has(kind)),
      [],
    )
    const {exitCode, stdout} = await runShop(['audit', '--json'], {env: {DATABASE_URL: url}})
    t.deepEqual((JSON.parse(stdout) as {findings: unknown[]}).findings, [])
    t.is(exitCode, 0)
    // Deadlocks are retried and never reach a client. Locking in one order should prevent them altogether.
    const {rows} = await shop.db.raw<{rows: unknown[]}>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    )
    t.deepEqual(rows, [{deadlocks: 0}])
  },
)

/** A server of one process and one of two workers, and two processes that run the services, on one database. */
async function startShop(t: ExecutionContext): Promise<{shop: Shop; url: string}> {
  const {db, url} = await createDatabase(t)
  const others = await Promise.all(pools.slice(1).map(async (name) => createPool(db, name)))
  const tokens = new Map<number, string>()
  const ways = await Promise.all([
    startServer(t, {url, tokens, args: []}),
    startServer(t, {url, tokens, args: ['--workers', '2']}),
    startOperator(t, url),
    startOperator(t, url),
  ])
  return {shop: {db, poolIds: [1, ...others.map(({id}) => id)], ways, tokens}, url}
}
