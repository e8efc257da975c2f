import type {LeftoverCounts} from '../../services/transfer/leftovers.ts'
import {printable} from './format.ts'

/** What an export of another shop has and this one has no place for. */
export function describeLeftovers(
  {source, columns, rows, oversold, uncounted}: LeftoverCounts,
  withoutQuantity: string,
): string[] {
  if (source === null) return []
  return [
    `The file is an export of ${source}.`,
    ...describeCounted('Rows left out', rows),
    ...describeCounted('Values left out, by column', columns),
    ...(oversold > 0 ? [`Products with a negative quantity, which counts as 0: ${oversold}.`] : []),
    ...(uncounted > 0 ? [`${withoutQuantity}: ${uncounted}.`] : []),
  ]
}

function describeCounted(heading: string, counts: Record<string, number>): string[] {
  const entries = Object.entries(counts)
  if (entries.length === 0) return []
  return [`${heading}: ${entries.map(([name, number]) => `${printable(name)} (${number})`).join(', ')}.`]
}
