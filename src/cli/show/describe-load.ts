import type {LoadResult} from '../../services/transfer/load.ts'
import {printable} from './format.ts'

/** A line for each kind of record that was in the file, and what is worth knowing beside. */
export function describeLoad(
  {format, skipped, usersWithoutPassword, ...counts}: LoadResult,
  {dryRun = false} = {},
): string {
  const done = dryRun ? 'to load' : 'loaded'
  const kinds = Object.entries(counts).filter(([, {loaded, existing}]) => loaded + existing > 0)
  const lines = kinds.map(
    ([kind, {loaded, existing}]) =>
      `  ${kind.padEnd(9)}${String(loaded).padStart(7)} ${done}${existing > 0 ? `, ${existing} were there already` : ''}`,
  )
  const skippedRecords = Object.values(skipped).reduce((sum, count) => sum + count, 0)
  return [
    kinds.length === 0 ? `The fixture (${format}) is empty.` : heading(format, dryRun),
    ...lines,
    ...(skippedRecords > 0 ? [`Skipped ${skippedRecords} records of other models: ${listModels(skipped)}.`] : []),
    ...(usersWithoutPassword > 0
      ? [`${usersWithoutPassword} users cannot log in: the shop does not know how their passwords are hashed.`]
      : []),
  ].join('\n')
}

function heading(format: string, dryRun: boolean): string {
  return dryRun ? `The fixture (${format}) is fit to load; nothing was written:` : `Loaded the fixture (${format}):`
}

function listModels(skipped: Record<string, number>): string {
  return Object.entries(skipped)
    .map(([model, count]) => `${printable(model)} (${count})`)
    .join(', ')
}
