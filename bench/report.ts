import CliTable3 from 'cli-table3'

import type {Comparison} from './compare.ts'
import {loginScenario, type LoginComparison} from './logins.ts'
import type {Machine} from './machine.ts'
import type {Pace} from './pace.ts'
import {summarize, type Verdict} from './targets.ts'

export type Report = {
  machine: Machine
  workers: string
  pace: Pace
  rows: Comparison[]
  logins: LoginComparison | undefined
}

export function verdictsOf({rows, logins}: Report): Verdict[] {
  return [...rows.flatMap(({verdict}) => verdict ?? []), ...(logins?.verdicts ?? [])]
}

export function reportAsJson(report: Report): string {
  return `${JSON.stringify({...report, targets: verdictsOf(report)}, undefined, 2)}\n`
}

export function reportAsText(report: Report): string {
  const {machine, workers, pace, rows, logins} = report
  return [
    `${machine.cores} cores, ${machine.cpu}; Node ${machine.node}, PostgreSQL ${machine.postgres}; workers: ${workers}`,
    `Medians of ${pace.rounds} rounds of ${pace.seconds} s`,
    ...(rows.length > 0 ? [ratesTable(rows)] : []),
    ...(logins ? [loginsTable(logins)] : []),
    summarize(verdictsOf(report)),
    '',
  ].join('\n')
}

function ratesTable(rows: Comparison[]): string {
  const table = createTable(['', 'per second', 'p50 ms', 'p99 ms', 'raw', 'per second', 'ratio', 'target', ''])
  for (const {name, shop, baseline, ratio, timeRatio, verdict} of rows) {
    const isTime = verdict?.figure === timeRatio
    table.push([
      name,
      shop.perSecond.toFixed(0),
      shop.p50.toFixed(2),
      shop.p99.toFixed(2),
      baseline.program,
      baseline.perSecond.toFixed(0),
      isTime ? `${timeRatio.toFixed(2)} x the time` : ratio.toFixed(2),
      ...targetCells(verdict),
    ])
  }
  return table.toString()
}

function loginsTable({alone, beside, logins, loginCores, ratio, ratioAllowed, verdicts}: LoginComparison): string {
  const [delay, rate] = verdicts
  const table = createTable([loginScenario, 'alone', 'beside logins', 'target', ''])
  table.push(
    ['orders per second', alone.perSecond.toFixed(0), beside.perSecond.toFixed(0), '', ''],
    ['order p50 ms', alone.p50.toFixed(2), beside.p50.toFixed(2), '', ''],
    ['order p99 ms', alone.p99.toFixed(2), beside.p99.toFixed(2), '', ''],
    ['loop delay p99 ms', alone.loopP99.toFixed(2), beside.loopP99.toFixed(2), ...targetCells(delay)],
    ['loop delay max ms', alone.loopMax.toFixed(2), beside.loopMax.toFixed(2), '', ''],
    ['logins per second', '', logins.perSecond.toFixed(1), '', ''],
    ['login p50 ms', '', logins.p50.toFixed(0), '', ''],
    ['login p99 ms', '', logins.p99.toFixed(0), '', ''],
    ['cores that logins take', '', loginCores.toFixed(2), '', ''],
    ['orders, of the rate alone', '', ratio.toFixed(2), '', ''],
    ['orders, of what the cores left over allow', '', ratioAllowed.toFixed(2), ...targetCells(rate)],
  )
  return table.toString()
}

function targetCells(verdict: Verdict | undefined): [string, string] {
  if (!verdict) return ['', '']
  return [`${verdict.relation} ${verdict.bound}`, verdict.isReached ? 'reached' : 'missed']
}

function createTable(head: string[]): CliTable3.Table {
  return new CliTable3({
    head,
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: {head: [], border: [], compact: true},
  })
}
