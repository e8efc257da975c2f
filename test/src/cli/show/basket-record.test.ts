import stringWidth from 'string-width'
import test, {type ExecutionContext} from 'ava'

import {
  describeBasket,
  holdColumns,
  holdRows,
  lineColumns,
  lineRows,
  summaryColumns,
  summaryRow,
} from '../../../../src/cli/show/basket-record.ts'
import {type Column, formatTable} from '../../../../src/cli/show/table.ts'
import type {BasketSummary} from '../../../../src/services/baskets/list.ts'
import type {BasketRecord} from '../../../../src/services/baskets/record.ts'

const time = '2026-04-18T19:07:52.123456Z'
const summary: BasketSummary = {
  id: 1234,
  username: 'victoria.fitzgerald@example.com',
  status: 'ordered',
  currency: 'USD',
  updatedAt: time,
  items: 12,
  total: 1_234_567n,
  held: 40,
  expired: 0,
  nextExpiry: time,
}

const basket: BasketRecord = {
  id: 1234,
  userId: 1,
  username: 'anna\u001b[2J',
  status: 'open',
  currency: 'USD',
  createdAt: time,
  updatedAt: time,
  orderId: null,
  total: 20n * BigInt(Number.MAX_SAFE_INTEGER),
  items: [
    {
      productId: 77,
      name: 'Basmati Rice from the Foot of the Himalayas\u001b[2J 1 kg',
      quantity: 20,
      price: 12_345,
      lineTotal: 246_900n,
      held: 5,
      heldUntil: time,
      problems: [
        {code: 'quantity_limit', max: 10},
        {code: 'out_of_stock', available: 15},
        {code: 'not_held'},
        {code: 'price_changed', was: 1250},
      ],
    },
    {
      productId: 78,
      name: 'Tea',
      quantity: 1,
      price: null,
      lineTotal: null,
      held: 0,
      heldUntil: null,
      problems: [{code: 'unavailable'}],
    },
  ],
  holds: [
    {productId: 77, pool: 'default', quantity: 3, heldSince: time, expiresAt: time, isExpired: false},
    {productId: 77, pool: 'the warehouse of the east', quantity: 2, heldSince: time, expiresAt: time, isExpired: true},
  ],
}

const fits = test.macro<[columns: Column[], rows: string[][], tableFrom: number, texts: string[]]>({
  exec(t: ExecutionContext, columns: Column[], rows: string[][], tableFrom: number, texts: string[]) {
    for (const width of [60, 80, 200]) {
      const shown = formatTable(columns, rows, {width, colors: false})
      for (const line of shown.split('\n')) t.true(stringWidth(line) <= width, `${width}: ${line}`)
      t.is(shown.startsWith('┌'), width >= tableFrom, `${width}`)
      t.false(shown.includes('\u001b'))
    }
    const wide = formatTable(columns, rows, {width: 200, colors: false})
    t.deepEqual(
      texts.filter((text) => !wide.includes(text)),
      [],
    )
  },
  title: (title = '') => `${title} fit terminals of 60, 80 and 200 columns`,
})

test(
  'baskets',
  fits,
  summaryColumns,
  [summary, {...summary, expired: 3}, {...summary, held: 0, nextExpiry: null}].map(summaryRow),
  80,
  ['│ 40 until 2026-04-18 19:07:52      │', '│ 40, 3 expired 2026-04-18 19:07:52 │', '│ 12345.67 USD │'],
)
test('the lines of a basket', fits, lineColumns, lineRows(basket), 80, [
  '│ 123.45 │       20 │ 2469.00 │    5 │ at most 10 per order │',
  '│ only 15 available    │',
  '│ not held             │',
  '│ price was 12.50      │',
  '│        │        1 │         │    0 │ not for sale         │',
])
test('the holds of a basket', fits, holdColumns, holdRows(basket), 80, [
  '│      77 │ default                   │     3 │ 2026-04-18 19:07:52 │ 2026-04-18 19:07:52 │ held    │',
  '│     2 │ 2026-04-18 19:07:52 │ 2026-04-18 19:07:52 │ expired │',
])

test('a basket is described with its state, or the order that it became', (t) => {
  const changed = 'Basket 1234 of anna\\u001b[2J, changed 2026-04-18 19:07:52 UTC: 1801439850948198.20 USD'
  t.is(describeBasket(basket), `${changed}, open.`)
  t.is(describeBasket({...basket, status: 'ordered', orderId: 5}), `${changed}, ordered as order 5.`)
})
