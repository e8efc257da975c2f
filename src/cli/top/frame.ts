import stringWidth from 'string-width'

import type {RecentSales} from '../../services/shop/activity.ts'
import {cutText} from '../show/cut-text.ts'
import {formatTime, printable} from '../show/format.ts'
import {wrapText} from '../show/wrap-text.ts'
import {type FactLine, listFacts} from './facts.ts'
import type {Snapshot} from './feed.ts'
import type {Paint} from './paint.ts'
import {drawProducts, type SortOrder, sortProducts} from './product-table.ts'

export type Layout = {
  /** Which shop it is. */
  place: string
  width: number
  /** The most lines. */
  height: number
  sortedBy: SortOrder
  paint: Paint
}

const labelWidth = 10
/** `MattShop` and a gap. */
const narrowestTitle = 10
const separator = '   '

/** Two tables are beside each other on a terminal as wide as this. */
const wide = 140

/** The view in at most `height` lines of at most `width` cells. What is on top matters most. */
export function drawFrame(snapshot: Snapshot, layout: Layout): string[] {
  const {activity, sales, metricsProblem, databaseProblem} = snapshot
  const {place, width, height, paint} = layout
  const time = `${formatTime(activity.readAt)} UTC`
  const lines = [
    drawTitle(`MattShop  ${printable(place)}`, time, layout),
    ...listFacts(snapshot).flatMap((line) => drawFacts(line, layout)),
    ...[databaseProblem ?? [], metricsProblem ?? []]
      .flat()
      .flatMap((problem) => wrapText(printable(problem), width))
      .map((line) => paint('yellow', line)),
  ]
  const left = height - lines.length - 1
  if (left >= 2) lines.push('', ...drawTables(sales, activity.readAt, {...layout, height: left}))
  return lines.slice(0, Math.max(height, 0))
}

/** On a terminal that has no room for both, without the time. */
function drawTitle(text: string, time: string, {width, paint}: Layout): string {
  if (width < narrowestTitle + time.length) return paint('bold', cutText(text, width))
  const title = cutText(text, width - time.length - 2)
  return paint('bold', title) + ' '.repeat(width - stringWidth(title) - time.length) + time
}

/** A label and its facts, on as many lines as they need. */
function drawFacts({label, facts}: FactLine, {width, paint}: Layout): string[] {
  const room = Math.max(width - labelWidth, 1)
  const lines: {text: string; used: number}[] = []
  for (const {text, isAlarming} of facts) {
    // Labels of metrics are what the address that was given for them answers.
    const shown = cutText(printable(text), room)
    const painted = isAlarming ? paint('red', shown) : shown
    const last = lines.at(-1)
    const used = stringWidth(shown)
    if (last && last.used + separator.length + used <= room) {
      last.text += separator + painted
      last.used += separator.length + used
    } else {
      lines.push({text: painted, used})
    }
  }
  return lines.map(({text}, index) => paint('bold', (index === 0 ? label : '').padEnd(labelWidth)) + text)
}

function drawTables(sales: RecentSales, readAt: string, {width, height, sortedBy, paint}: Layout): string[] {
  const {bestSellers, runningOut, since, orders} = sales
  const minutes = Math.max(Math.round((Date.parse(readAt) - Date.parse(since)) / 60_000), 1)
  const period = orders.isCapped ? `${minutes} min` : 'hour'
  const best = {title: `Best sellers of the last ${period}`, products: sortProducts(bestSellers, sortedBy), sortedBy}
  const ending = {title: 'About to run out', products: runningOut, sortedBy: 'runs out'} as const
  if (bestSellers.length === 0) return [paint('dim', 'No orders in the last hour.')]
  if (runningOut.length === 0 || sortedBy === 'runs out') return drawProducts(best, {width, height}, paint)
  if (width >= wide) {
    const half = Math.floor((width - 4) / 2)
    const [left, right] = [best, ending].map((table) => drawProducts(table, {width: half, height}, paint))
    return Array.from({length: Math.max(left?.length ?? 0, right?.length ?? 0)}, (_, index) =>
      [left?.[index] ?? ' '.repeat(half), right?.[index] ?? ''].join('    '),
    )
  }
  // A line between the tables, and a head and a product at least for the second one.
  const second = Math.min(runningOut.length + 1, Math.floor((height - 1) / 2))
  if (second < 2) return drawProducts(best, {width, height}, paint)
  const first = Math.min(bestSellers.length + 1, height - 1 - second)
  return [
    ...drawProducts(best, {width, height: first}, paint),
    '',
    ...drawProducts(ending, {width, height: Math.min(height - 1 - first, runningOut.length + 1)}, paint),
  ]
}
