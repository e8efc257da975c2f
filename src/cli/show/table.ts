import CliTable3 from 'cli-table3'
import stringWidth from 'string-width'

import {wrapText} from './wrap-text.ts'

export type Column = {
  head: string
  align?: 'right'
  /** Gets narrower, and its head and cells wrap, if the table is wider than the terminal. */
  wraps?: true
}

/** Where a table is shown. Without a width, as in a file, lines may have any length. */
export type TableTarget = {width: number | undefined; colors: boolean}

/** The least width of a column that wraps, unless a word of its head is longer: enough for a date, and for most words. */
const narrowestColumn = 10

const narrowestLine = 20

/**
 * Fits the target's width by wrapping cells. If that is not enough, shows each row as a block of `head: cell` lines, below the
 * title, and leaves out its empty cells.
 */
export function formatTable(
  columns: Column[],
  rows: string[][],
  {title, ...target}: TableTarget & {title?: string | undefined},
): string {
  const {width = Infinity} = target
  const widths = fitColumns(columns, rows, width)
  if (widths) return drawTable(columns, rows, widths, target)
  const blocks = drawBlocks(columns, rows, Math.max(width, narrowestLine))
  return title === undefined ? blocks : `${title}:\n\n${blocks}`
}

/** The width of each column's text, in terminal cells. Undefined if they cannot fit side by side. */
function fitColumns(columns: Column[], rows: string[][], width: number): number[] | undefined {
  const widths = columns.map(({head}, index) => widthOf([head, ...rows.map((row) => row[index] ?? '')]))
  const floors = columns.map(({head, wraps}, index) =>
    wraps ? Math.max(narrowestColumn, widthOf(head.split(' '))) : (widths[index] ?? 0),
  )
  // Each column has a space on both sides and a border to its right, and the first one a border to its left as well.
  const total = widths.reduce((sum, each) => sum + each + 3, 1)
  for (let excess = total - width; excess > 0; excess--) {
    const slack = widths.map((each, index) => (each > (floors[index] ?? 0) ? each : 0))
    const widest = Math.max(...slack)
    if (widest === 0) return undefined
    widths[slack.indexOf(widest)] = widest - 1
  }
  return widths
}

function widthOf(cells: string[]): number {
  return cells.flatMap((cell) => cell.split('\n')).reduce((most, line) => Math.max(most, stringWidth(line)), 0)
}

function drawTable(columns: Column[], rows: string[][], widths: number[], {colors}: TableTarget): string {
  // Not by cli-table3's wordWrap, which cuts words that are wider than a line.
  const cells = rows.map((row) => row.map((cell, index) => wrapText(cell, widths[index] ?? 0).join('\n')))
  const table = new CliTable3({
    head: columns.map(({head}, index) => wrapText(head, widths[index] ?? 0).join('\n')),
    colAligns: columns.map(({align}) => align ?? 'left'),
    colWidths: widths.map((width) => width + 2),
    // cli-table3 would colour the heads even in a file.
    style: {
      head: colors ? ['bold'] : [],
      border: colors ? ['grey'] : [],
      compact: cells.every((row) => row.every((cell) => !cell.includes('\n'))),
    },
  })
  table.push(...cells)
  return table.toString()
}

function drawBlocks(columns: Column[], rows: string[][], width: number): string {
  const blocks = rows.map((row) =>
    columns.flatMap(({head}, index) => {
      const cell = row[index] ?? ''
      if (cell === '') return []
      const [first = '', ...others] = wrapText(`${head}: ${cell}`, width - 2)
      return [first, ...others.map((line) => `  ${line}`)]
    }),
  )
  // Ends with an empty line, so that what follows is not taken for a part of the last block.
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}
