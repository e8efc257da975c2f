import {InvalidFixtureError} from '../../../../errors.ts'
import {shorten} from '../../../../text.ts'
import {CsvRecords} from './csv-records.ts'
import type {CsvColumns} from './csv-rows.ts'
import {exportColumns} from './platforms/export-columns.ts'

const required = ['name', 'price', 'stock']
const optional = ['id', 'sku', 'enabled', 'currency', 'effective_from', 'max_per_order']
const columns = new Set([...required, ...optional])
const anyColumns = new Set([...columns, ...exportColumns])

/** In the order of preference. */
const separators = [',', ';', '\t', '|']

/** Spreadsheets write far fewer; each is looked at again in every row. */
export const maxColumns = 1000

/** How many unknown columns a message lists. */
const shownColumns = 5

/** Excel's note on the separator, which is not part of the table. */
const separatorLine = /^\s*"?sep=([^\w\s"]|\t)"?[\t ,;|]*(?:\r\n?|\n)/i

/** Blank rows, and the first line that is not blank. */
const firstLineWithText = /^[\s,;|"]*[^\s,;|"][^\r\n]*[\r\n]/

export type CsvStart = {
  separator: string
  /** The text without the line that names the separator. */
  text: string
  /** How many lines were left out. */
  skippedLines: number
}

/** Whether the text has all of the header's first line. */
export function hasHeaderLine(text: string): boolean {
  return firstLineWithText.test(text.replace(separatorLine, ''))
}

/** Takes the separator from a line `sep=;`, or else the one with which the header has most of the columns. */
export function findSeparator(text: string): CsvStart {
  const [note, noted] = separatorLine.exec(text) ?? []
  if (note !== undefined && noted !== undefined) {
    return {separator: noted, text: text.slice(note.length), skippedLines: 1}
  }
  const [line = text] = firstLineWithText.exec(text) ?? []
  const [best = ','] = separators
    .map((separator) => ({separator, score: scoreHeader(line, separator)}))
    .sort((a, b) => b.score - a.score)
    .map(({separator}) => separator)
  return {separator: best, text, skippedLines: 0}
}

function scoreHeader(line: string, separator: string): number {
  let score = 0
  try {
    const records = new CsvRecords({separator}, (fields) => {
      const known = fields.filter((field) => anyColumns.has(toColumn(field))).length
      if (known > 0) score = known
    })
    records.write(line)
    records.end()
  } catch {
    // With this separator the line is not CSV.
  }
  return score
}

/** `Effective From ` is effective_from. */
export function toColumn(field: string): string {
  return field
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
}

/** Throws InvalidFixtureError if the columns are not those of products. */
export function readHeader(fields: string[], line: number): CsvColumns {
  const names = fields.map(toColumn)
  if (!names.some((name) => columns.has(name))) {
    if (fields.length === 1 && required.every((name) => fields[0]?.toLowerCase().includes(name))) {
      const reason = 'the whole header is in quotes, which make it one column; remove the quotes around each line'
      throw new InvalidFixtureError([{record: `line ${line}`, reason}])
    }
    const reason = `has none of the columns ${required.join(', ')}; CSV must begin with a header`
    throw new InvalidFixtureError([{record: `line ${line}`, reason}])
  }
  while (names.at(-1) === '') names.pop()
  const unknown = [...new Set(names)].filter((name) => name !== '' && !columns.has(name))
  const repeated = new Set(names.filter((name, index) => columns.has(name) && names.indexOf(name) < index))
  const faults = [
    ...(names.length > maxColumns ? [`has more than ${maxColumns} columns`] : []),
    ...required.filter((name) => !names.includes(name)).map((name) => `lacks the column ${name}`),
    ...describeUnknown(unknown),
    ...[...repeated].map((name) => `has the column ${name} twice`),
  ]
  if (faults.length === 0) return {names, minFields: Math.max(...required.map((name) => names.indexOf(name))) + 1}
  const expected = `the columns are ${required.join(', ')} and optionally ${optional.join(', ')}`
  throw new InvalidFixtureError([{record: `line ${line}`, reason: `the header ${faults.join(', ')}; ${expected}`}])
}

export function describeUnknown(names: string[]): string[] {
  const shown = names.slice(0, shownColumns).map((name) => `has an unknown column "${shorten(name, 60)}"`)
  return names.length > shownColumns ? [...shown, `has ${names.length - shownColumns} more`] : shown
}

/** That the text ended, or went on for a megabyte, without a header. */
export function lacksHeader(line: number): never {
  readHeader([], line)
  throw new Error('A header without fields was accepted.')
}
