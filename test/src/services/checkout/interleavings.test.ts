import test, {type ExecutionContext} from 'ava'
import fc from 'fast-check'

import {createPool} from '../../../../src/services/stock/pools.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {countAnswers, kindsOfAnswer} from '../../../helpers/interleavings/count-answers.ts'
import {findContradictions} from '../../../helpers/interleavings/find-contradictions.ts'
import {play, type Shop} from '../../../helpers/interleavings/play.ts'
import {startOperator, startServer} from '../../../helpers/interleavings/processes.ts'
import {readTables} from '../../../helpers/interleavings/read-tables.ts'
import {pools, scripts} from '../../../helpers/interleavings/script.ts'
import {runShop} from '../../../helpers/run.ts'

/*
 * Random scripts of orders, cancellations and adjustments, played through several processes at once. The seed, which
 * the test prints, makes the scripts: INTERLEAVINGS_SEED=N plays the same ones again, and INTERLEAVINGS_SCRIPTS=N more
 * of them. How their actions interleave is for the processes to say, another time otherwise; a failure's seed may have
 * to be played a few times. What fails is played again with less and less of its script, and the least of it is shown.
 */
const seed = Number(process.env.INTERLEAVINGS_SEED ?? Date.now() % 2 ** 31)
const numRuns = Number(process.env.INTERLEAVINGS_SCRIPTS ?? 5)
/** How long a script that failed is made shorter. */
const shrinkMs = 30_000

test.serial(
  'orders, cancellations and adjustments by several processes at once: what clients were told holds',
  async (t) => {
    t.log(`INTERLEAVINGS_SEED=${seed}`)
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
      {seed, numRuns, includeErrorInReport: true},
    )

    t.log(Object.fromEntries(counts))
    t.deepEqual(
      kindsOfAnswer.filter((kind) => !counts.has(kind)),
      [],
    )
    const {exitCode, stdout} = await runShop(['audit', '--json'], {env: {DATABASE_URL: url}})
    t.deepEqual((JSON.parse(stdout) as {findings: unknown[]}).findings, [])
    t.is(exitCode, 0)
    // Tried again, they reach no client: but locks in one order leave none to try again.
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
