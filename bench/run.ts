import {setMaxListeners} from 'node:events'

import {waitForSignal} from '../src/cli/signals.ts'
import {ShopError} from '../src/errors.ts'
import {findOtherBin, readArguments, usage, type Arguments} from './arguments.ts'
import {auditShop} from './audit-shop.ts'
import {BenchmarkError, UsageError} from './benchmark-error.ts'
import {basketScenario, compareBaskets} from './baskets.ts'
import {compareCatalogues} from './catalogue/compare-catalogues.ts'
import {compare, type Comparison, type Bench} from './compare.ts'
import {compareLogins, type LoginComparison, loginScenarios} from './logins.ts'
import {measureGrowth} from './growth/measure-growth.ts'
import {describeMachine} from './machine.ts'
import {measureMemory} from './memory.ts'
import {compareMetrics, metricsScenario} from './metrics.ts'
import {againstPace, type Pace, quickPace, standardPace} from './pace.ts'
import {comparePayments, paymentScenario} from './payments.ts'
import {pgTransactions} from './pg-transactions.ts'
import {findPgbench} from './pgbench.ts'
import {comparePoolers, hasPooler, poolerScenario} from './pooler.ts'
import {compareReplicas, replicaScenario} from './replicas.ts'
import {type Report, reportAsJson, reportAsText, verdictsOf} from './report.ts'
import {scenarios} from './scenarios.ts'
import {withShops} from './shop-server.ts'

// `npm run bench`: compares the shop over HTTP with what its parts can do alone, or with another build of the shop, in
// turn, on one database server. Nothing is reported if a request failed or if the audit finds something afterwards.

const ending = new AbortController()
// Each waiting client listens to it.
setMaxListeners(0, ending.signal)
void waitForSignal('SIGINT', 'SIGTERM').then((signal) => {
  ending.abort(new BenchmarkError(`${signal}: nothing is reported.`))
})
try {
  await main(readArguments(process.argv.slice(2)))
} catch (error) {
  // After an abort, other errors are only its consequences.
  const reason: unknown = ending.signal.aborted ? ending.signal.reason : error
  if (!(reason instanceof BenchmarkError || reason instanceof ShopError)) throw reason
  process.stderr.write(`${reason.message}\n`)
  process.exitCode = reason instanceof UsageError ? 2 : 1
}

async function main(args: Arguments): Promise<void> {
  if (args.help) {
    process.stdout.write(usage)
    return
  }
  const names = [
    ...scenarios.map(({name}) => name),
    ...(args.against === undefined
      ? [
          ...loginScenarios.map(({name}) => name),
          basketScenario,
          paymentScenario,
          metricsScenario,
          poolerScenario,
          replicaScenario,
        ]
      : []),
  ]
  if (args.growth === undefined && !names.some((name) => name.includes(args.only))) {
    throw new UsageError(`No scenario has "${args.only}" in its name. The scenarios are:\n  ${names.join('\n  ')}`)
  }

  const report = await measureAll(args)
  process.stdout.write(args.json ? reportAsJson(report) : reportAsText(report))
  if (args.check && verdictsOf(report).some(({isReached}) => !isReached)) process.exitCode = 1
}

async function measureAll(args: Arguments): Promise<Report> {
  const {workers, against, quick: isQuick} = args
  const normalPace = against === undefined ? standardPace : againstPace
  const pace = isQuick ? quickPace : normalPace
  const figures = await measureKind(args, pace)
  return {workers, pace, ...(against !== undefined && {against}), ...figures}
}

async function measureKind(args: Arguments, pace: Pace): Promise<Omit<Report, 'against' | 'pace' | 'workers'>> {
  const {workers, quick: isQuick, catalogue, growth, server, only} = args
  const {signal} = ending
  if (catalogue) return {rows: [], ...(await compareCatalogues({workers, pace, isQuick, signal, tell}))}
  if (growth === undefined) return measureShop(args, pace)
  return {rows: [], ...(await measureGrowth({lines: Number(growth), server, only, pace, signal, tell}))}
}

async function measureShop(
  args: Arguments,
  pace: Pace,
): Promise<
  Pick<Report, 'baskets' | 'logins' | 'machine' | 'memory' | 'metrics' | 'payments' | 'pooler' | 'replicas' | 'rows'>
> {
  const raw = (args.pg ? undefined : findPgbench()) ?? pgTransactions
  const {signal} = ending
  return withShops({workers: args.workers, otherBin: findOtherBin(args), signal}, async (shops) => {
    const bench: Bench = {...shops, raw, pace, signal}
    const figures = args.memory
      ? {rows: [], memory: await measureMemory(bench, {isQuick: args.quick, tell})}
      : await measureScenarios(bench, args.only)

    tell('audit')
    await auditShop(shops.shop, signal)
    if (shops.other) await auditShop(shops.other, signal)
    return {machine: await describeMachine(shops.shop.db), ...figures}
  })
}

async function measureScenarios(
  bench: Bench,
  only: string,
): Promise<Pick<Report, 'baskets' | 'logins' | 'metrics' | 'payments' | 'pooler' | 'replicas' | 'rows'>> {
  const rows: Comparison[] = []
  for (const scenario of scenarios.filter(({name}) => name.includes(only))) {
    tell(scenario.name)
    rows.push(await compare(scenario, bench))
  }
  const isMeasured = (name: string): boolean => !bench.other && name.includes(only)
  const logins: LoginComparison[] = []
  for (const scenario of loginScenarios.filter(({name}) => isMeasured(name))) {
    tell(scenario.name)
    logins.push(await compareLogins(scenario, bench))
  }
  if (isMeasured(basketScenario)) tell(basketScenario)
  const baskets = isMeasured(basketScenario) ? await compareBaskets(bench) : undefined
  if (isMeasured(paymentScenario)) tell(paymentScenario)
  const payments = isMeasured(paymentScenario) ? await comparePayments(bench) : undefined
  if (isMeasured(metricsScenario)) tell(metricsScenario)
  const metrics = isMeasured(metricsScenario) ? await compareMetrics(bench) : undefined
  const isPooled = hasPooler && isMeasured(poolerScenario)
  if (isPooled) tell(poolerScenario)
  const pooler = isPooled ? await comparePoolers(bench) : undefined
  if (isMeasured(replicaScenario)) tell(replicaScenario)
  const replicas = isMeasured(replicaScenario) ? await compareReplicas(bench) : undefined
  return {
    ...{rows, logins},
    ...(metrics && {metrics}),
    ...(baskets && {baskets}),
    ...(payments && {payments}),
    ...(pooler && {pooler}),
    ...(replicas && {replicas}),
  }
}

function tell(progress: string): void {
  process.stderr.write(`${progress}\n`)
}
