import CliTable3 from 'cli-table3'

import type {BasketComparison} from './baskets.ts'
import type {Comparison} from './compare.ts'
import type {LoginComparison} from './logins.ts'
import type {MemoryGrowth} from './memory.ts'
import type {Verdict} from './targets.ts'

export function ratesTable(rows: Comparison[]): string {
  const figures = ['a second', 'p50 ms', 'p99 ms']
  const table = createTable(['', ...figures, 'baseline', ...figures, 'ratio', 'rounds', 'target', ''])
  for (const {name, shop, baseline, ratio, timeRatio, ratios, verdict} of rows) {
    const isTime = verdict?.figure === timeRatio
    table.push([
      name,
      shop.perSecond.toFixed(0),
      shop.p50.toFixed(2),
      shop.p99.toFixed(2),
      baseline.program,
      baseline.perSecond.toFixed(0),
      baseline.p50?.toFixed(2) ?? '-',
      baseline.p99?.toFixed(2) ?? '-',
      isTime ? `${timeRatio.toFixed(2)} x time` : ratio.toFixed(2),
      range(isTime ? ratios.map((rate) => 1 / rate) : ratios),
      ...targetCells(verdict),
    ])
  }
  return table.toString()
}

export function loginsTable({scenario, alone, beside, logins, ...rest}: LoginComparison): string {
  const [delay, rate] = rest.verdicts
  const table = createTable([scenario, 'alone', 'beside logins', 'target', ''])
  table.push(
    ['orders per second', alone.perSecond.toFixed(0), beside.perSecond.toFixed(0), '', ''],
    ['order p50 ms', alone.p50.toFixed(2), beside.p50.toFixed(2), '', ''],
    ['order p99 ms', alone.p99.toFixed(2), beside.p99.toFixed(2), '', ''],
    ['loop delay p99 ms', alone.loopP99.toFixed(2), beside.loopP99.toFixed(2), ...targetCells(delay)],
    ['loop delay max ms', alone.loopMax.toFixed(2), beside.loopMax.toFixed(2), '', ''],
    ['logins per second', '', logins.perSecond.toFixed(1), '', ''],
    ['login p50 ms', '', logins.p50.toFixed(0), '', ''],
    ['login p99 ms', '', logins.p99.toFixed(0), '', ''],
    ['cores taken by logins', '', rest.loginCores.toFixed(2), '', ''],
    ['orders / rate alone', '', rest.ratio.toFixed(2), '', ''],
    ['orders / rate that the remaining cores allow', '', rest.ratioAllowed.toFixed(2), ...targetCells(rate)],
  )
  return table.toString()
}

export function comparisonTable(scenario: string, {rows, rounds}: BasketComparison): string {
  const table = createTable([
    rounds === undefined ? scenario : `${scenario}; ${rounds} rounds`,
    '',
    'compared with',
    'ratio',
    'target',
    '',
  ])
  for (const {name, figure, compared, ratio, verdict} of rows) {
    table.push([name, figure, compared, ratio, ...targetCells(verdict)])
  }
  return table.toString()
}

/** The cells for memory have one figure for each of the shop's processes. */
export function memoryTable({connections, readings, verdicts}: MemoryGrowth): string {
  const table = createTable([`orders among other requests, ${connections} conn.`, 'per second', 'MB', 'MB in use'])
  for (const {orders, perSecond, processes} of readings) {
    table.push([
      orders.toLocaleString('en'),
      perSecond.toFixed(0),
      processes.map(({residentMb}) => residentMb.toFixed(1)).join(' + '),
      processes.map(({usedMb}) => usedMb.toFixed(1)).join(' + '),
    ])
  }
  const lines = verdicts.map(
    (verdict) => `${verdict.name}: ${verdict.figure.toFixed(1)}, ${targetCells(verdict).join(' ')}`,
  )
  return [table.toString(), ...lines].join('\n')
}

export function range(numbers: number[]): string {
  if (numbers.length < 2) return ''
  return `${Math.min(...numbers).toFixed(2)}-${Math.max(...numbers).toFixed(2)}`
}

export function targetCells(verdict: Verdict | undefined): [string, string] {
  if (!verdict) return ['', '']
  return [`${verdict.relation} ${verdict.bound}`, verdict.isReached ? 'reached' : 'missed']
}

export function createTable(head: string[]): CliTable3.Table {
  return new CliTable3({
    head,
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: {head: [], border: [], compact: true},
  })
}
