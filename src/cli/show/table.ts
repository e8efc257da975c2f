import CliTable3 from 'cli-table3'

export type Column = {
  head: string
  align?: 'right'
  /** Gives way where the table is wider than the terminal. */
  wraps?: true
}

/** Where a table goes: no width where lines may have any length, as in a file. */
export type TableTarget = {width: number | undefined; colors: boolean}

const narrowestColumn = 12

export function formatTable(columns: Column[], rows: string[][], target: TableTarget): string {
  const table = createTable(columns, rows, target)
  const text = table.toString()
  const wrapping = columns.findIndex(({wraps}) => wraps)
  // Known once the table is drawn. Its own `width` counts the colours' escapes as well.
  const widths = table.options.colWidths.map(Number)
  const excess = widths.reduce((sum, width) => sum + 1 + width, 1) - (target.width ?? Infinity)
  if (wrapping === -1 || excess <= 0) return text

  const width = Math.max(narrowestColumn, Number(widths[wrapping]) - excess)
  const broken = rows.map((row) => row.map((cell, index) => (index === wrapping ? breakWords(cell, width - 2) : cell)))
  const colWidths = widths.map((natural, index) => (index === wrapping ? width : natural))
  return createTable(columns, broken, target, {colWidths, wordWrap: true}).toString()
}

/** cli-table3 cuts off words that are longer than a line. */
function breakWords(text: string, length: number): string {
  return text.replaceAll(new RegExp(`\\S{${length}}(?=\\S)`, 'gu'), '$&\n')
}

function createTable(
  columns: Column[],
  rows: string[][],
  {colors}: TableTarget,
  options: CliTable3.TableConstructorOptions = {},
): CliTable3.Table {
  const table = new CliTable3({
    head: columns.map(({head}) => head),
    colAligns: columns.map(({align}) => align ?? 'left'),
    // cli-table3 would colour the heads even in a file.
    style: {
      head: colors ? ['bold'] : [],
      border: colors ? ['grey'] : [],
      compact: rows.every((row) => row.every((cell) => !cell.includes('\n'))),
    },
    ...options,
  })
  table.push(...rows)
  return table
}
