import type {LoadResult} from '../../services/transfer/load.ts'
import {shorten} from '../../text.ts'
import {printable} from './format.ts'
import {describeLeftovers} from './leftovers.ts'

/** A line for each kind of record in the file, and notes on skipped records and on users who cannot log in. */
export function describeLoad(
  {format, skipped, usersWithoutPassword, leftovers, noise, ...counts}: LoadResult,
  {dryRun = false} = {},
): string {
  const done = dryRun ? 'would be loaded' : 'loaded'
  const kinds = Object.entries(counts).filter(([, {loaded, existing}]) => loaded + existing > 0)
  const lines = kinds.map(
    ([kind, {loaded, existing}]) =>
      `  ${kind.padEnd(9)}${String(loaded).padStart(7)} ${done}${existing > 0 ? `, ${existing} already existed` : ''}`,
  )
  const skippedCount = Object.values(skipped).reduce((sum, count) => sum + count, 0)
  return [
    kinds.length === 0 ? `The fixture (${format}) is empty.` : heading(format, dryRun),
    ...lines,
    ...describeLeftovers(leftovers, 'Products without a quantity, which have no stock'),
    ...(noise !== undefined
      ? [`Skipped what another program wrote before the dump: ${printable(shorten(noise, 80))}`]
      : []),
    ...(skippedCount > 0 ? [`Skipped ${skippedCount} records of other models: ${listModels(skipped)}.`] : []),
    ...(usersWithoutPassword > 0
      ? [`Users who cannot log in, because the hash of their password is not supported: ${usersWithoutPassword}.`]
      : []),
  ].join('\n')
}

function heading(format: string, dryRun: boolean): string {
  return dryRun ? `The fixture (${format}) can be loaded. Nothing was written:` : `Loaded the fixture (${format}):`
}

function listModels(skipped: Record<string, number>): string {
  return Object.entries(skipped)
    .map(([model, count]) => `${printable(model)} (${count})`)
    .join(', ')
}
