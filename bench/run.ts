import {waitForSignal} from '../src/cli/signals.ts'
import {ShopError} from '../src/errors.ts'
import {readArguments, usage, type Arguments} from './arguments.ts'
import {auditShop} from './audit-shop.ts'
import {BenchmarkError, UsageError} from './benchmark-error.ts'
import {compareCatalogues} from './catalogue/compare-catalogues.ts'
import {compare, type Comparison, type Bench} from './compare.ts'
import {compareLogins, loginScenario} from './logins.ts'
import {describeMachine} from './machine.ts'
import {measureMemory} from './memory.ts'
import {type Pace, standardPace, quickPace} from './pace.ts'
import {pgTransactions} from './pg-transactions.ts'
import {findPgbench} from './pgbench.ts'
import {type Report, reportAsJson, reportAsText, verdictsOf} from './report.ts'
import {scenarios} from './scenarios.ts'
import {withShop} from './shop-server.ts'

// Measures the shop over HTTP beside what its parts can do alone, in turn, on a server of its own: `npm run bench`.
// Nothing is reported when a request failed, or when the audit finds something afterwards.

const ending = new AbortController()
void waitForSignal('SIGINT', 'SIGTERM').then((signal) => {
  ending.abort(new BenchmarkError(`${signal}: nothing is reported.`))
})
try {
  await main(readArguments(process.argv.slice(2)))
} catch (error) {
  // What else fails then is a consequence.
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
  const names = [...scenarios.map(({name}) => name), loginScenario]
  if (!names.some((name) => name.includes(args.only))) {
    throw new UsageError(`No scenario has "${args.only}" in its name. There are:\n  ${names.join('\n  ')}`)
  }

  const report = await measureAll(args)
  process.stdout.write(args.json ? reportAsJson(report) : reportAsText(report))
  if (args.check && verdictsOf(report).some(({isReached}) => !isReached)) process.exitCode = 1
}

async function measureAll(args: Arguments): Promise<Report> {
  const {workers, quick: isQuick} = args
  const pace = isQuick ? quickPace : standardPace
  const {signal} = ending
  const figures = args.catalogue
    ? {rows: [], ...(await compareCatalogues({workers, pace, isQuick, signal, tell}))}
    : await measureShop(args, pace)
  return {workers, pace, ...figures}
}

async function measureShop(args: Arguments, pace: Pace): Promise<Omit<Report, 'pace' | 'workers'>> {
  const raw = (args.pg ? undefined : findPgbench()) ?? pgTransactions
  return withShop(args.workers, ending.signal, async (shop) => {
    const bench: Bench = {shop, raw, pace, signal: ending.signal}
    const figures = args.memory
      ? {rows: [], memory: await measureMemory(bench, {isQuick: args.quick, tell})}
      : await measureScenarios(bench, args.only)

    tell('audit')
    await auditShop(shop.db)
    return {machine: await describeMachine(shop.db), ...figures}
  })
}

async function measureScenarios(bench: Bench, only: string): Promise<Pick<Report, 'rows' | 'logins'>> {
  const rows: Comparison[] = []
  for (const scenario of scenarios.filter(({name}) => name.includes(only))) {
    tell(scenario.name)
    rows.push(await compare(scenario, bench))
  }
  if (!loginScenario.includes(only)) return {rows}
  tell(loginScenario)
  return {rows, logins: await compareLogins(bench)}
}

function tell(what: string): void {
  process.stderr.write(`${what}\n`)
}
