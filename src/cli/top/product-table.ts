import stringWidth from 'string-width'

import type {SellingProduct} from '../../services/shop/activity.ts'
import {cutText} from '../show/cut-text.ts'
import {formatCount, printable} from '../show/format.ts'
import {formatRoughly} from './facts.ts'
import type {Paint} from './paint.ts'

/** What the best sellers can be sorted by. */
export const sortOrders = ['sold', 'runs out', 'free', 'held', 'name'] as const

export type SortOrder = (typeof sortOrders)[number]

const comparisons: Record<SortOrder, (one: SellingProduct, other: SellingProduct) => number> = {
  sold: (one, other) => other.units - one.units,
  'runs out': (one, other) => (one.secondsLeft ?? Infinity) - (other.secondsLeft ?? Infinity) || one.free - other.free,
  free: (one, other) => one.free - other.free,
  held: (one, other) => other.held - one.held,
  name: (one, other) => (one.name < other.name ? -1 : 1),
}

export function sortProducts(products: SellingProduct[], order: SortOrder): SellingProduct[] {
  return products.toSorted((one, other) => comparisons[order](one, other) || one.id - other.id)
}

const heads = ['Sold', 'Free', 'Held', 'Runs out']
const marks: Record<SortOrder, string> = {sold: '▼', 'runs out': '▲', free: '▲', held: '▼', name: '▲'}
const gap = '  '
const narrowestName = 10

export type ProductTable = {title: string; products: SellingProduct[]; sortedBy: SortOrder}

/** A table of `width` cells and at most `height` lines. Columns on the right are left out if the name would get too narrow. */
export function drawProducts(
  {title, products, sortedBy}: ProductTable,
  {width, height}: {width: number; height: number},
  paint: Paint,
): string[] {
  if (height < 2) return []
  const shown = products.slice(0, height - 1)
  const marked = heads.map((head) => (head.toLowerCase() === sortedBy ? `${marks[sortedBy]}${head}` : head))
  const rows = shown.map(({units, free, held, secondsLeft}) => [
    formatCount(units),
    formatCount(free),
    formatCount(held),
    free === 0 ? 'sold out' : secondsLeft === null ? '-' : formatRoughly(secondsLeft),
  ])
  const widths = marked.map((head, column) =>
    Math.max(stringWidth(head), ...rows.map((row) => (row[column] ?? '').length)),
  )
  let columns = widths.length
  const used = (): number => widths.slice(0, columns).reduce((sum, each) => sum + each + gap.length, 0)
  while (columns > 0 && width - used() < narrowestName) columns--
  const nameWidth = width - used()
  const line = (name: string, cells: string[]): string =>
    padEnd(cutText(name, nameWidth), nameWidth) +
    cells
      .slice(0, columns)
      .map((cell, column) => gap + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)) + cell)
      .join('')
  return [
    paint('bold', line(sortedBy === 'name' ? `${marks.name}${title}` : title, marked)),
    ...shown.map((product, index) => {
      const text = line(`${product.id} ${printable(product.name)}`, rows[index] ?? [])
      return product.free === 0 || (product.secondsLeft ?? Infinity) < soon ? paint('red', text) : text
    }),
  ]
}

/** A product that is sold out in less than this many seconds is marked. */
const soon = 600

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - stringWidth(text), 0))
}
