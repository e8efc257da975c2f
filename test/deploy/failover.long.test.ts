import {once} from 'node:events'
import {chmod, mkdtemp, readdir, rm} from 'node:fs/promises'
import {type AddressInfo, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'

import {connect} from '../../src/db/connect.ts'
import {checkBooks} from '../helpers/books.ts'
import {type Buyers, type Purchase, startBuyers} from '../helpers/buyers.ts'
import {runScript, startCluster, whyNoCluster} from '../helpers/cluster.ts'
import {runShop} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'
import {until} from '../helpers/until.ts'

const reason = whyNoCluster()
const withCluster = reason === undefined ? test : test.skip

if (reason !== undefined) process.stderr.write(`SKIPPED: test/deploy/failover.long.test.ts. ${reason}\n`)

/** What happens to the leader, and what makes the node whole again. */
const faults = [
  {strike: 'kill', repair: 'restart'},
  {strike: 'isolate', repair: 'heal'},
  {strike: 'pause', repair: 'resume'},
  {strike: 'switchover'},
  {strike: 'kill-postgres'},
]

/** FAILOVERS=10 strikes ten times, with every kind of fault in turn. FAILOVER_URL=hosts does without HAProxy. */
const failovers = Number(process.env.FAILOVERS ?? 1)
const option = process.env.FAILOVER_URL === 'hosts' ? '--hosts' : undefined

withCluster('a failover under load: no confirmed order is lost or doubled, and orders flow again', async (t) => {
  // eslint-disable-next-line no-restricted-syntax -- many take longer than a run may, and are asked for by themselves
  if (failovers > 1) t.timeout(60_000 + failovers * 120_000)
  const cluster = await startCluster(t)
  const url = await cluster.url()
  const db = connect(() => ({connectionString: url}), {poolSize: 4})
  t.teardown(async () => db.destroy())
  const migrated = await runShop(['migrate'], {env: {DATABASE_URL: url}})
  t.is(migrated.exitCode, 0, migrated.stderr)
  const shop = spawnServe(t, {DATABASE_URL: await cluster.url(option)})
  const buyers = await startBuyers(t, {db, origin: await shop.url, connections: 6})

  const pauses: number[] = []
  for (let count = 0; count < failovers; count++) {
    const {strike, repair} = faults[count % faults.length] ?? {strike: 'kill'}
    await untilConfirmed(buyers, 100)
    const pause = await watchPause(buyers, async () => {
      const leader = await cluster.leader()
      await (strike === 'switchover' ? cluster.run(strike) : cluster.run(strike, leader))
      if (strike !== 'kill-postgres') await until(async () => isOther(await cluster.leader(), leader))
      await untilConfirmed(buyers, 50)
      if (repair !== undefined) await cluster.run(repair, leader)
      await cluster.run('await')
    })
    t.log(`${strike}: no order was confirmed for ${pause.toFixed(1)} s; ${buyers.confirmed()} so far`)
    pauses.push(pause)
  }

  const purchases = await buyers.stop()
  t.log(JSON.stringify(tally(purchases)))
  await checkBooks(t, db, purchases)
  const inOrder = pauses.toSorted((a, b) => a - b)
  t.log(`${buyers.confirmed()} confirmed, median ${at(inOrder, 0.5).toFixed(1)} s, max ${at(inOrder, 1).toFixed(1)} s`)
  t.true(at(inOrder, 1) < 30)
})

withCluster('cluster.sh start says which port is taken, and leaves its logs and no process behind', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'shop-cluster-'))
  await chmod(parent, 0o755)
  const folder = join(parent, 'ha')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(async () => {
    taken.close()
    await rm(parent, {recursive: true})
  })
  const {port} = taken.address() as AddressInfo

  const failure = await t.throwsAsync<Error & {stderr: string}>(runScript('start', folder, '--port', String(port)))

  t.true(failure.stderr.includes(`Port ${port} cannot be used`), failure.stderr)
  t.true(failure.stderr.endsWith(`The cluster did not start. Its logs: ${folder}/log\n`), failure.stderr)
  // Their names are in the folder while they run.
  t.deepEqual(await readdir(join(folder, 'run')), ['listen.py'])
})

/** Waits until `count` more orders are confirmed. */
async function untilConfirmed(buyers: Buyers, count: number): Promise<void> {
  const before = buyers.confirmed()
  await until(async () => Promise.resolve(buyers.confirmed() >= before + count))
}

function isOther(leader: string | undefined, former: string | undefined): boolean {
  return leader !== undefined && leader !== former
}

/** How many purchases had which answer. */
function tally(purchases: Purchase[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const {answer} of purchases) {
    const name = answer ? (answer.code ?? String(answer.status)) : 'no answer'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

function at(sorted: number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
}

/** The longest time in seconds without a new confirmation while `run` runs. */
async function watchPause(buyers: Buyers, run: () => Promise<void>): Promise<number> {
  let longest = 0
  let last = {confirmed: buyers.confirmed(), at: performance.now()}
  const look = (): void => {
    const now = {confirmed: buyers.confirmed(), at: performance.now()}
    longest = Math.max(longest, now.at - last.at)
    if (now.confirmed > last.confirmed) last = now
  }
  const timer = setInterval(look, 100)
  await run().finally(() => {
    clearInterval(timer)
  })
  look()
  return longest / 1000
}
