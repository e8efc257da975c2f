import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {cutText} from '../show/cut-text.ts'
import {Feed, type Snapshot} from './feed.ts'
import {drawFrame} from './frame.ts'
import type {Paint} from './paint.ts'
import {sortOrders, type SortOrder} from './product-table.ts'
import {openScreen} from './screen.ts'

export type TopOptions = {
  /** Which shop it is. */
  place: string
  metricsUrl: string | undefined
  intervalMs: number
  paint: Paint
  /** Also ends the connections of the database, so that nothing has to be waited for. */
  signal: AbortSignal
}

/** The figures of one interval. Without metrics, nothing has to be compared, and they are there at once. */
export async function glance(db: Knex, {metricsUrl, intervalMs, signal}: TopOptions): Promise<Snapshot> {
  const feed = new Feed(db, {metricsUrl, signal})
  const first = await feed.read()
  if (first.metricsProblem !== undefined) return first
  await delay(intervalMs, undefined, {signal})
  return feed.read()
}

const keys = 'q quit   s sort   ? help'

const help = [
  'Keys',
  '  q, Ctrl-C  quit',
  '  s          sort the best sellers: sold, runs out, free, held, name',
  '  ?          show this help, or leave it',
  '',
  'Orders, holds, payments and products are read from the database: they are',
  'those of the whole shop. A plus sign means that more were not counted.',
  'The rest comes from the metrics of one server, for the time since the',
  'figures before. Refused: how many in a second, by code, and in brackets',
  'how many since the server started.',
  '',
  'Runs out: when nothing is free any more if a product sells as it did in',
  'the last hour. What baskets hold is not free. Red is what to look at.',
]

/** Shows the shop in the terminal until the user quits, which aborts `options.signal` as other ends do. */
export async function watch(db: Knex, options: TopOptions, quit: AbortController): Promise<undefined> {
  const {place, metricsUrl, intervalMs, paint, signal} = options
  const leave = (): void => {
    quit.abort()
  }
  const feed = new Feed(db, {metricsUrl, signal})
  let snapshot = await feed.read()
  let sortedBy: SortOrder = 'sold'
  let showsHelp = false

  const draw = (): void => {
    const {columns, rows} = screen.size()
    const body = showsHelp
      ? help.slice(0, rows - 1).map((line) => cutText(line, columns))
      : drawFrame(snapshot, {place, width: columns, height: rows - 1, sortedBy, paint})
    const space = Array.from({length: Math.max(rows - 1 - body.length, 0)}, () => '')
    screen.draw([...body, ...space, paint('dim', cutText(`${keys}   every ${intervalMs / 1000} s`, columns))])
  }
  const screen = openScreen({
    onKey(name) {
      if (name === 'q') leave()
      else if (name === 'ctrl-c') process.kill(process.pid, 'SIGINT')
      else if (showsHelp || name === '?') showsHelp = !showsHelp
      else if (name === 's') sortedBy = nextSortOrder(sortedBy)
      if (!signal.aborted) draw()
    },
    onResize: draw,
    onGone: leave,
  })
  try {
    for (;;) {
      draw()
      await delay(intervalMs, undefined, {signal})
      snapshot = await feed.read()
    }
  } catch (error) {
    if (!quit.signal.aborted) throw error
    return undefined
  } finally {
    screen.close()
  }
}

function nextSortOrder(order: SortOrder): SortOrder {
  return sortOrders[(sortOrders.indexOf(order) + 1) % sortOrders.length] ?? order
}
