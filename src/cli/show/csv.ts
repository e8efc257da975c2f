import {isLikeFormula} from '../../text.ts'

/** A cell: text, which is defused, or a number, an amount or a time, which is written as it is. */
export type CsvCell = number | string | null | {raw: string}

/**
 * A line of RFC 4180. A spreadsheet would run text that begins like a formula: such text gets an apostrophe, which
 * spreadsheets do not show.
 */
export function csvLine(cells: CsvCell[]): string {
  return `${cells.map(formatCell).join(',')}\r\n`
}

function formatCell(cell: CsvCell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = typeof cell === 'string' ? defuse(cell) : cell.raw
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function defuse(text: string): string {
  return isLikeFormula(text) ? `'${text}` : text
}
