import {Flags} from '@oclif/core'

import {type CsvCell, csvLine} from './show/csv.ts'
import {standardOutput, writeOutput} from './file-output.ts'

export const csvFlag = Flags.boolean({
  summary: 'print all rows as CSV',
  exclusive: ['json'],
  // With `exclusive`, --help would show --cursor, --page-size and --json as if they excluded each other.
  relationships: [{type: 'none', flags: ['cursor', 'page-size']}],
})

/** Writes a header and all rows to standard output, no faster than they are read from there. */
export async function writeCsv<Row>(
  columns: readonly string[],
  pieces: AsyncIterable<Row[]>,
  {toCells, signal}: {toCells: (row: Row) => CsvCell[][]; signal: AbortSignal},
): Promise<void> {
  async function* toText(): AsyncGenerator<string> {
    yield csvLine([...columns])
    for await (const rows of pieces) yield rows.flatMap(toCells).map(csvLine).join('')
  }
  await writeOutput(standardOutput, toText(), signal)
}
