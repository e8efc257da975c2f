import test from 'ava'

import type {Books, KeptOrder} from '../../../bench/torture/check/books.ts'
import {judge} from '../../../bench/torture/check/judge.ts'
import type {Attempt, Outcome, Request} from '../../../bench/torture/history.ts'

const product = 1
const loaded = new Map([[product, {stock: 10, price: 425}]])
const items = [{productId: product, quantity: 2}]
const ok: Outcome = {type: 'ok', orderId: 7, total: '8.50'}
const refused: Outcome = {type: 'refused', code: 'out_of_stock'}
const unknown: Outcome = {type: 'unknown', code: 'ECONNRESET'}

function order(change: Partial<KeptOrder> = {}): KeptOrder {
  const isCancelled = change.status === 'cancelled'
  return {
    id: 7,
    userId: 1,
    status: 'placed',
    total: 850,
    keys: [],
    items,
    taken: items,
    returned: isCancelled ? items : [],
    paymentStatus: 'none',
    captured: 0,
    refunded: 0,
    ...change,
  }
}

/** The books of a shop with these orders, whose stock is right. */
function books(orders: KeptOrder[], change: Partial<Books> = {}): Books {
  const sold = orders.filter(({status}) => status === 'placed').length * 2
  return {
    orders,
    levels: [{productId: product, onHand: 10 - sold, reserved: 0, held: 0, least: 0}],
    adjustments: [],
    ...change,
  }
}

function attempts(...told: [Request, Outcome | undefined][]): Attempt[] {
  return told.map(([request, outcome], index) => ({
    ...{id: index + 1, client: 'buyer 1', at: index, request},
    ...(outcome && {until: index, outcome}),
  }))
}

function buy(key?: string): Request {
  return {kind: 'order', userId: 1, items, ...(key !== undefined && {key}), isPaid: false}
}

const checkout: Request = {kind: 'checkout', userId: 1, items, key: 'c', isPaid: false}
const cancel: Request = {kind: 'cancel', userId: 1, orderId: 7}
const adjust: Request = {kind: 'adjust', productId: product, by: 5, note: 'n'}
const adjusted = {
  adjustments: [{note: 'n', productId: product, by: 5}],
  levels: [{productId: product, onHand: 15, reserved: 0, held: 0, least: 0}],
}

const agreements: [string, Attempt[], Books][] = [
  ['a confirmed order', attempts([buy(), ok]), books([order()])],
  ['a confirmed order with a key, told twice', attempts([buy('k'), ok], [buy('k'), ok]), books([order({keys: ['k']})])],
  ['an unknown order that is there', attempts([buy(), unknown]), books([order()])],
  ['an unknown order that is not there', attempts([buy(), unknown]), books([])],
  ['a request without any answer', attempts([buy('k'), undefined]), books([order({keys: ['k']})])],
  [
    'unknown, then confirmed with the same key',
    attempts([buy('k'), unknown], [buy('k'), ok]),
    books([order({keys: ['k']})]),
  ],
  [
    'unknown, then refused: the first may come late',
    attempts([buy('k'), unknown], [buy('k'), refused]),
    books([order({keys: ['k']})]),
  ],
  ['a refused order', attempts([buy(), refused]), books([])],
  [
    'a declined payment',
    attempts([buy('k'), {type: 'refused', code: 'payment_declined'}]),
    books([order({keys: ['k'], status: 'cancelled', paymentStatus: 'failed'})]),
  ],
  [
    'a checkout of a basket that an earlier key ordered',
    attempts([buy('k'), ok], [checkout, ok]),
    books([order({keys: ['k']})]),
  ],
  ['a cancelled order', attempts([buy(), ok], [cancel, ok]), books([order({status: 'cancelled'})])],
  ['a paid order', attempts([buy(), ok]), books([order({paymentStatus: 'paid', captured: 850})])],
  [
    'an order whose pending payment failed',
    attempts([buy(), {...ok, isPending: true}]),
    books([order({status: 'cancelled', paymentStatus: 'failed'})]),
  ],
  [
    'a cancelled order that was refunded',
    attempts([buy(), ok], [cancel, ok]),
    books([order({status: 'cancelled', paymentStatus: 'refunded', captured: 850, refunded: 850})]),
  ],
  ['an adjustment', attempts([adjust, ok]), books([], adjusted)],
  ['an unknown adjustment that is not there', attempts([adjust, unknown]), books([])],
]

for (const [title, history, kept] of agreements) {
  test(`finds nothing in ${title}`, (t) => {
    t.deepEqual(judge({attempts: history, contradictions: []}, kept, loaded), [])
  })
}

const contradictions: [string, Attempt[], Books, {kind: string; text: RegExp; requests: number[]}][] = [
  [
    'a confirmed order that is gone',
    attempts([buy('k'), ok]),
    books([]),
    {kind: 'lost', text: /Order 7 was confirmed, and is not/, requests: [1]},
  ],
  [
    'a confirmed order that nobody cancelled',
    attempts([buy(), ok]),
    books([order({status: 'cancelled'})]),
    {kind: 'lost', text: /nobody asked/, requests: [1]},
  ],
  [
    'a cancel that was undone',
    attempts([buy(), ok], [cancel, ok]),
    books([order()]),
    {kind: 'lost', text: /was cancelled, and is placed/, requests: [1, 2]},
  ],
  [
    'two orders of one key',
    attempts([buy('k'), unknown], [buy('k'), ok]),
    books([order({keys: ['k']}), order({id: 8, keys: ['k']})]),
    {kind: 'doubled', text: /key k placed the orders 7, 8/, requests: [1, 2]},
  ],
  [
    'two answers to one key',
    attempts([buy('k'), ok], [buy('k'), {...ok, orderId: 8}]),
    books([order({keys: ['k']}), order({id: 8})]),
    {kind: 'doubled', text: /answered with the orders 7, 8/, requests: [1, 2]},
  ],
  [
    'one order for two requests',
    attempts([buy(), ok], [buy(), ok]),
    books([order()]),
    {kind: 'lost', text: /several requests/, requests: [1, 2]},
  ],
  [
    'a second order without a key',
    attempts([buy(), ok]),
    books([order(), order({id: 8})]),
    {kind: 'doubled', text: /orders 8 of user 1: 1 x 2 were confirmed to nobody/, requests: [1]},
  ],
  [
    'a refused order that is there',
    attempts([buy(), refused]),
    books([order()]),
    {kind: 'doubled', text: /confirmed to nobody/, requests: [1]},
  ],
  [
    'a refused order with a key that is there',
    attempts([buy('k'), refused]),
    books([order({keys: ['k']})]),
    {kind: 'doubled', text: /key k was refused, but its order 7/, requests: [1]},
  ],
  [
    'a declined payment whose order is placed',
    attempts([buy('k'), {type: 'refused', code: 'payment_declined'}]),
    books([order({keys: ['k']})]),
    {kind: 'doubled', text: /was refused/, requests: [1]},
  ],
  [
    'other items',
    attempts([buy(), {...ok, total: '4.25'}]),
    books(
      [order({items: [{productId: product, quantity: 1}], taken: [{productId: product, quantity: 1}], total: 425})],
      {levels: [{productId: product, onHand: 9, reserved: 0, held: 0, least: 0}]},
    ),
    {kind: 'wrong', text: /has 1 x 1 instead of 1 x 2/, requests: [1]},
  ],
  [
    'another total',
    attempts([buy(), ok]),
    books([order({total: 1})]),
    {kind: 'wrong', text: /costs 1 instead of 850/, requests: [1]},
  ],
  [
    'stock that was given back twice',
    attempts([buy(), ok], [cancel, ok]),
    books([order({status: 'cancelled', returned: [{productId: product, quantity: 4}]})]),
    {kind: 'wrong', text: /gave back 1 x 4/, requests: [1, 2]},
  ],
  [
    'stock that was not taken',
    attempts([buy(), ok]),
    books([order({taken: []})]),
    {kind: 'wrong', text: /out of stock for 1 x 2/, requests: [1]},
  ],
  [
    'more sold than there was',
    attempts(...Array.from({length: 6}, (): [Request, Outcome] => [buy(), unknown])),
    books(Array.from({length: 6}, (_, id) => order({id}))),
    {kind: 'oversold', text: /12 sold, -2 on hand/, requests: []},
  ],
  [
    'more held than there is',
    attempts(),
    books([], {levels: [{productId: product, onHand: 10, reserved: 11, held: 11, least: 10}]}),
    {kind: 'oversold', text: /11 are held/, requests: []},
  ],
  [
    'more sold than there was at that time',
    attempts(),
    books([], {levels: [{productId: product, onHand: 10, reserved: 0, held: 0, least: -1}]}),
    {kind: 'oversold', text: /at the least -1/, requests: []},
  ],
  [
    'stock that vanished',
    attempts(),
    books([], {levels: [{productId: product, onHand: 9, reserved: 0, held: 0, least: 0}]}),
    {kind: 'wrong', text: /does not add up/, requests: []},
  ],
  [
    'a reservation without a hold',
    attempts(),
    books([], {levels: [{productId: product, onHand: 10, reserved: 1, held: 0, least: 0}]}),
    {kind: 'wrong', text: /1 are reserved/, requests: []},
  ],
  [
    'a charge for nothing',
    attempts([buy(), ok], [cancel, ok]),
    books([order({status: 'cancelled', paymentStatus: 'paid', captured: 850})]),
    {kind: 'wrong', text: /owes 0, and the provider kept 850 - 0/, requests: [1, 2]},
  ],
  [
    'a charge that was made twice',
    attempts([buy(), ok]),
    books([order({paymentStatus: 'paid', captured: 1700})]),
    {kind: 'doubled', text: /kept 1700/, requests: [1]},
  ],
  [
    'a lost adjustment',
    attempts([adjust, ok]),
    books([]),
    {kind: 'lost', text: /"n" of product 1 was confirmed/, requests: [1]},
  ],
  [
    'a refused adjustment',
    attempts([adjust, refused]),
    books([], adjusted),
    {kind: 'doubled', text: /was refused, and is there/, requests: [1]},
  ],
]

for (const [title, history, kept, {kind, text, requests}] of contradictions) {
  test(`finds ${title}`, (t) => {
    const findings = judge({attempts: history, contradictions: []}, kept, loaded)
    t.is(findings.length, 1)
    t.like(findings[0], {kind, requests})
    t.regex(findings[0]?.text ?? '', text)
  })
}

test('reports what a client saw', (t) => {
  const contradiction = {kind: 'wrong' as const, text: 'The basket has nothing instead of 1 x 2.', requests: [3]}
  t.deepEqual(judge({attempts: [], contradictions: [contradiction]}, books([]), loaded), [contradiction])
})
