import {createTable, range, targetCells} from '../tables.ts'
import type {CatalogueComparison} from './compare-catalogues.ts'

export function catalogueTable(catalogue: CatalogueComparison): string {
  return [loadsTable(catalogue), timesTable(catalogue)].join('\n')
}

function loadsTable({loads, verdicts}: CatalogueComparison): string {
  const [seconds, peakMb] = verdicts
  const table = createTable(['load of a CSV file', 's', 'target', '', 'MB', 'target', ''])
  table.push(
    [nameOf(loads.small), loads.small.seconds.toFixed(1), '', '', loads.small.peakMb.toFixed(0), '', ''],
    [
      nameOf(loads.large),
      loads.large.seconds.toFixed(1),
      ...targetCells(seconds),
      loads.large.peakMb.toFixed(0),
      ...targetCells(peakMb),
    ],
  )
  return table.toString()
}

function timesTable({loads: {small, large}, requests, orders}: CatalogueComparison): string {
  const figures = ['a second', 'p50 ms', 'p99 ms']
  const table = createTable([
    '',
    ...[small, large].flatMap((load) => [nameOf(load), ...figures]),
    'ratio',
    'rounds',
    'target',
    '',
  ])
  for (const {name, of, small: one, large: other, ratio, ratios, verdict} of [...requests, orders]) {
    table.push([
      name,
      ...[one, other].flatMap(({count, perSecond, p50, p99}) => [
        count?.toLocaleString('en') ?? '',
        perSecond.toFixed(0),
        p50.toFixed(2),
        p99.toFixed(2),
      ]),
      of === 'rate' ? ratio.toFixed(2) : `${ratio.toFixed(2)} x time`,
      range(ratios),
      ...targetCells(verdict),
    ])
  }
  return table.toString()
}

function nameOf({products}: {products: number}): string {
  return `of ${products.toLocaleString('en')}`
}
