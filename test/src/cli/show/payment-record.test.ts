import test from 'ava'

import {refundColumns, refundRows, summaryColumns, summaryRow} from '../../../../src/cli/show/payment-record.ts'
import {formatTable} from '../../../../src/cli/show/table.ts'
import type {PaymentSummary} from '../../../../src/services/payments/operators/list.ts'
import type {PaymentRecord} from '../../../../src/services/payments/operators/record.ts'

const time = '2026-04-18T19:07:52.250000Z'

const payment: PaymentSummary = {
  ...{id: 1, orderId: 12_345, username: 'anna@example.com', state: 'partially_refunded', currency: 'USD'},
  ...{amount: 12_345_678, captured: 12_345_678, refunded: 99, provider: 'stripe', providerId: 'pi_1'},
  ...{nextTryAt: time, createdAt: time, updatedAt: time},
}

const record: Pick<PaymentRecord, 'currency' | 'refunds'> = {
  currency: 'USD',
  refunds: [
    {
      ...{id: 7, amount: 99, state: 'failed', failure: 'charge_already_refunded', createdAt: time},
      ...{operator: 'anna@example.com', note: 'arrived broken, and the box was empty'},
    },
  ],
}

function longestLine(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length))
}

for (const [width, isTable] of [
  [60, false],
  [80, true],
  [200, true],
] as const) {
  test(`payments fit into ${width} columns, ${isTable ? 'as a table' : 'as blocks'}`, (t) => {
    const shown = formatTable(summaryColumns, [summaryRow(payment)], {width, colors: false})

    t.is(shown.startsWith('┌'), isTable)
    t.true(longestLine(shown) <= width)
    t.regex(shown.replaceAll(/\s/g, ''), /12345/)
  })

  test(`refunds fit into ${width} columns, ${isTable ? 'as a table' : 'as blocks'}`, (t) => {
    const shown = formatTable(refundColumns, refundRows(record), {width, colors: false})

    t.is(shown.startsWith('┌'), isTable)
    t.true(longestLine(shown) <= width)
  })
}
