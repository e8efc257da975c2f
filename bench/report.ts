import {type BasketComparison, basketScenario} from './baskets.ts'
import type {CatalogueComparison} from './catalogue/compare-catalogues.ts'
import {catalogueTable} from './catalogue/tables.ts'
import type {Comparison} from './compare.ts'
import type {GrowthComparison} from './growth/compare-growth.ts'
import {growthTable} from './growth/tables.ts'
import type {LoginComparison} from './logins.ts'
import type {Machine} from './machine.ts'
import type {MemoryGrowth} from './memory.ts'
import {metricsScenario} from './metrics.ts'
import type {Pace} from './pace.ts'
import {paymentScenario} from './payments.ts'
import {poolerScenario} from './pooler.ts'
import {replicaScenario} from './replicas.ts'
import {comparisonTable, loginsTable, memoryTable, ratesTable} from './tables.ts'
import {summarize, type Verdict} from './targets.ts'

export type Report = {
  machine: Machine
  workers: string
  pace: Pace
  /** The folder of the other build. */
  against?: string
  rows: Comparison[]
  logins?: LoginComparison[]
  baskets?: BasketComparison
  payments?: BasketComparison
  metrics?: BasketComparison
  pooler?: BasketComparison
  replicas?: BasketComparison
  memory?: MemoryGrowth
  catalogue?: CatalogueComparison
  growth?: GrowthComparison
}

export function verdictsOf({rows, logins, ...parts}: Report): Verdict[] {
  const {baskets, payments, metrics, pooler, replicas, memory, catalogue} = parts
  return [
    ...rows.flatMap(({verdict}) => verdict ?? []),
    ...[...(logins ?? []), baskets, payments, metrics, pooler, replicas, memory, catalogue].flatMap(
      (part) => part?.verdicts ?? [],
    ),
  ]
}

export function reportAsJson(report: Report): string {
  return `${JSON.stringify({...report, targets: verdictsOf(report)}, undefined, 2)}\n`
}

export function reportAsText(report: Report): string {
  const {machine, workers, pace, against, rows, logins, ...parts} = report
  const {baskets, payments, metrics, pooler, replicas, memory, catalogue, growth} = parts
  const {cores, cpu, node, postgres} = machine
  return [
    `${cores} cores, ${cpu}; Node ${node}, PostgreSQL ${postgres}; workers: ${workers}`,
    ...(against === undefined ? [] : [`This build against the one in ${against}`]),
    ...(memory ? [memoryTable(memory)] : [`Medians of ${pace.rounds} rounds of ${pace.seconds} s`]),
    ...(rows.length > 0 ? [ratesTable(rows)] : []),
    ...(logins ?? []).map(loginsTable),
    ...(baskets ? [comparisonTable(basketScenario, baskets)] : []),
    ...(payments ? [comparisonTable(paymentScenario, payments)] : []),
    ...(metrics ? [comparisonTable(metricsScenario, metrics)] : []),
    ...(pooler ? [comparisonTable(poolerScenario, pooler)] : []),
    ...(replicas ? [comparisonTable(replicaScenario, replicas)] : []),
    ...(catalogue ? [catalogueTable(catalogue)] : []),
    ...(growth ? [growthTable(growth)] : []),
    summarize(verdictsOf(report)),
    '',
  ].join('\n')
}
