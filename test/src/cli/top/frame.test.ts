import test from 'ava'
import stringWidth from 'string-width'

import type {Snapshot} from '../../../../src/cli/top/feed.ts'
import {drawFrame, type Layout} from '../../../../src/cli/top/frame.ts'
import {choosePaint} from '../../../../src/cli/top/paint.ts'
import type {SellingProduct} from '../../../../src/services/shop/activity.ts'

const plain = choosePaint({colors: false})
const layout: Layout = {place: 'db.example.com:5432', width: 80, height: 24, sortedBy: 'sold', paint: plain}

function product(id: number, values: Partial<SellingProduct> = {}): SellingProduct {
  return {id, name: `Product ${id}`, units: 200 - id, free: 5000, held: 2, secondsLeft: 7200, ...values}
}

const snapshot: Snapshot = {
  activity: {
    readAt: '2026-03-01T12:00:00.000000Z',
    ordersPerSecond: 151.6,
    holds: {lines: {count: 10_000, isCapped: true}, units: 12_345, endingSoon: 37, expired: 2},
    payments: {
      open: [
        {state: 'mismatch', count: 1},
        {state: 'unknown', count: 3},
      ],
      isCapped: false,
      overdue: 1,
    },
  },
  sales: {
    since: '2026-03-01T11:00:00.000000Z',
    orders: {count: 4321, isCapped: false},
    bestSellers: Array.from({length: 50}, (_, index) => product(index + 1)),
    runningOut: Array.from({length: 50}, (_, index) => product(index + 101, {free: 3, secondsLeft: 10 + index * 60})),
    soldOut: 4,
  },
  server: {
    seconds: 2,
    requests: {perSecond: 380, p50: 0.0031, p99: 0.02, clientErrorsPerSecond: 12, serverErrorsPerSecond: 0.5},
    orders: {perSecond: 160, p50: 0.004, p99: 1.25, placedPerSecond: 150},
    refusals: [
      {code: 'out_of_stock', count: 1203, perSecond: 9.26},
      {code: 'total_mismatch', count: 5, perSecond: 0},
    ],
    checkout: {
      queue: 34,
      waitP99: 0.012,
      batchMean: 3.44,
      transactionP99: null,
      retriesPerSecond: 0.5,
      unknownOutcomes: 1,
    },
    paymentCalls: [
      {outcome: 'ok', perSecond: 3},
      {outcome: 'unknown', perSecond: 0.5},
    ],
    logins: [
      {outcome: 'success', perSecond: 2},
      {outcome: 'busy', perSecond: 0},
    ],
    connections: [{pool: 'reads', used: 3, idle: 2, waiting: 4, max: 5}],
    eventLoopP99: 0.0123,
    memoryBytes: 158_000_000,
  },
  metricsProblem: undefined,
  databaseProblem: undefined,
}

test('80 columns show the rates, the queue, the holds, the payments and both tables', (t) => {
  const text = drawFrame(snapshot, layout).join('\n')

  for (const part of [
    'MattShop  db.example.com:5432',
    '2026-03-01 12:00:00 UTC',
    '152/s   p50 4 ms   p99 1.3 s   4,321 in the last hour   4 of their products sold out',
    '12,345 units in 10,000+ lines   37 to end within a minute   2 expired',
    '3 pending   unknown 3   1 overdue   mismatch 1',
    'queue 34   wait p99 12 ms   transaction p99 -   batch 3.4',
    'unknown outcomes 1',
    'out_of_stock 9.3/s (1,203)   total_mismatch 0/s (5)',
    '380/s   p50 3.1 ms   p99 20 ms   4xx 12/s   5xx 0.5/s',
    'logins success 2/s',
    'provider unknown 0.5/s',
    'reads 3/5, 4 wait',
    'event loop p99 12 ms   memory 158 MB',
  ]) {
    t.true(text.replaceAll(/\n {10}/g, '   ').includes(part), `${part} is missing:\n${text}`)
  }
  t.regex(text, /^Best sellers of the last hour +▼Sold +Free +Held +Runs out$/m)
  t.regex(text, /^1 Product 1 +199 +5,000 +2 +2 h$/m)
  t.regex(text, /^About to run out +Sold +Free +Held +▲Runs out$/m)
  t.regex(text, /^101 Product 101 +99 +3 +2 +10 s$/m)
  t.false(text.includes('busy'))
})

test('it fits the terminal at any size, with wide characters and with colors', (t) => {
  const hostile = 'a \u001b[31m\u0007 語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語 👩‍👩‍👧‍👦'
  const sales = {...snapshot.sales, bestSellers: [product(1, {name: hostile}), ...snapshot.sales.bestSellers]}
  const problems = {metricsProblem: `No metrics from ${'x'.repeat(200)}`, databaseProblem: 'These figures are old.'}
  for (const each of [
    {...snapshot, sales},
    {...snapshot, sales, server: undefined, ...problems},
  ]) {
    for (const width of [20, 33, 40, 60, 80, 100, 139, 140, 200]) {
      for (const height of [1, 2, 5, 11, 12, 13, 14, 15, 16, 20, 24, 50, 200]) {
        const lines = drawFrame(each, {...layout, width, height})
        t.true(lines.length <= height, `${lines.length} lines of ${height}`)
        const widest = Math.max(...lines.map((line) => stringWidth(line)))
        t.true(widest <= width, `${widest} of ${width} columns`)
        const colored = drawFrame(each, {...layout, width, height, paint: choosePaint({colors: true})})
        t.deepEqual(
          colored.map((line) => line.replaceAll(/\u001b\[\d+m/g, '')),
          lines,
        )
      }
    }
  }
})

test('control characters in names are shown as escapes', (t) => {
  const sales = {...snapshot.sales, bestSellers: [product(1, {name: 'a\u001b]0;b\u0007'})]}
  const text = drawFrame({...snapshot, sales}, layout).join('')
  t.true(text.includes('a\\u001b]0;b\\u0007'))
})

test('the best sellers can be sorted; what runs out is then not shown twice', (t) => {
  const bestSellers = [
    product(1, {name: 'C', units: 9, free: 30, held: 1, secondsLeft: 300}),
    product(2, {name: 'A', units: 8, free: 0, held: 5, secondsLeft: null}),
    product(3, {name: 'B', units: 7, free: 10, held: 3, secondsLeft: 60}),
  ]
  const order = (sortedBy: Layout['sortedBy']): string =>
    drawFrame({...snapshot, sales: {...snapshot.sales, bestSellers}}, {...layout, height: 50, sortedBy})
      .flatMap((line) => /^[123] ([ABC]) /.exec(line)?.[1] ?? [])
      .join('')

  t.is(order('sold'), 'CAB')
  t.is(order('runs out'), 'BCA')
  t.is(order('free'), 'ABC')
  t.is(order('held'), 'ABC')
  t.is(order('name'), 'ABC')
  const byTime = drawFrame(snapshot, {...layout, height: 50, sortedBy: 'runs out'})
  t.false(byTime.some((line) => line.startsWith('About to run out')))
})

test('a wide terminal has the tables beside each other', (t) => {
  const lines = drawFrame(snapshot, {...layout, width: 200})
  t.true(lines.some((line) => /Best sellers.*About to run out/.test(line)))
})

test('a shop without orders says so, and one with too many says which part of the hour was read', (t) => {
  const sales = {...snapshot.sales, bestSellers: [], runningOut: [], orders: {count: 0, isCapped: false}}
  t.true(drawFrame({...snapshot, sales}, layout).includes('No orders in the last hour.'))
  const capped = {...snapshot.sales, since: '2026-03-01T11:48:00.000000Z', orders: {count: 20_000, isCapped: true}}
  const text = drawFrame({...snapshot, sales: capped}, layout).join('\n')
  t.true(text.includes('20,000+ in the last hour'))
  t.true(text.includes('Best sellers of the last 12 min'))
})

test('what metrics call things cannot move the cursor, nor break a line', (t) => {
  const refusals = [{code: '\u001b[2J\u009b5Aout\nof\u202estock', count: 1, perSecond: 1}]
  const {server} = snapshot
  const lines = drawFrame({...snapshot, server: server && {...server, refusals}}, layout)

  t.true(lines.some((line) => line.includes(String.raw`\u001b[2J\u009b5Aout\u000aof\u202estock 1/s`)))
  t.notRegex(lines.join(''), /[\p{Cc}\u202e]/u)
})
