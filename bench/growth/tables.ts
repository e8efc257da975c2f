import {createTable} from '../tables.ts'
import type {GrowthComparison, GrowthFigures} from './compare-growth.ts'

export function growthTable({lines, bytes, rows}: GrowthComparison): string {
  const table = createTable([
    `${lines.toLocaleString('en')} order lines, ${(bytes / 1e9).toFixed(1)} GB`,
    ...['ms empty', 'ms', 'ratio', 'server CPU us empty', 'server CPU us', 'ratio'],
    ...['program CPU ms', 'WAL bytes empty', 'WAL bytes', 'images empty', 'images'],
  ])
  for (const {name, empty, grown} of rows) {
    table.push([
      name,
      ...[empty.ms.toFixed(2), grown.ms.toFixed(2), (grown.ms / empty.ms).toFixed(2)],
      ...serverCells(empty, grown),
      grown.programMs.toFixed(0),
      ...[empty, grown].map(({walBytes}) => walBytes.toFixed(0)),
      ...[empty, grown].map(({walImages}) => walImages.toFixed(2)),
    ])
  }
  return table.toString()
}

function serverCells(empty: GrowthFigures, grown: GrowthFigures): string[] {
  return [
    (empty.serverMs * 1000).toFixed(0),
    (grown.serverMs * 1000).toFixed(0),
    // A command may take less than the hundredth of a second that Linux counts.
    empty.serverMs === 0 ? '' : (grown.serverMs / empty.serverMs).toFixed(2),
  ]
}
