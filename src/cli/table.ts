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
  const natural = createTable(columns, rows, target)
  const excess = natural.width - (target.width ?? Infinity)
  const wrapping = columns.findIndex(({wraps}) => wraps)
  const width = natural.options.colWidths[wrapping]
  if (excess <= 0 || typeof width !== 'number') return natural.toString()

  const narrowed = Math.max(narrowestColumn, width - excess)
  // cli-table3 cuts off words that are longer than a line, unless it may break them.
  const hasLongWord = rows.some((row) => row[wrapping]?.split(/\s/).some((word) => word.length > narrowed - 2))
  return createTable(columns, rows, target, {
    colWidths: columns.map((_, index) => (index === wrapping ? narrowed : null)),
    wordWrap: true,
    wrapOnWordBoundary: !hasLongWord,
  }).toString()
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
