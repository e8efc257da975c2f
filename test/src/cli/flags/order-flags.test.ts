import {Errors, Parser} from '@oclif/core'
import test from 'ava'

import {currencyFlag, idempotencyKeyFlag, itemFlag} from '../../../../src/cli/flags/order-flags.ts'

const flags = {
  item: itemFlag({multiple: true, multipleNonGreedy: true}),
  currency: currencyFlag(),
  'idempotency-key': idempotencyKeyFlag(),
}

test('an item is a product and its quantity, 1 by default', async (t) => {
  const result = await Parser.parse(
    ['--item', '7:2', '--item=9', '--item=Rice 1:2:3', '--item=Tea', '--currency', 'eur'],
    {flags},
  )

  t.deepEqual(result.flags.item, [
    {product: {text: '7', id: 7}, quantity: 2},
    {product: {text: '9', id: 9}, quantity: 1},
    {product: {text: 'Rice 1:2', id: undefined}, quantity: 3},
    {product: {text: 'Tea', id: undefined}, quantity: 1},
  ])
  t.is(result.flags.currency, 'EUR')
})

const refuses = test.macro<[string, RegExp]>({
  async exec(t, flag, message) {
    const error = await t.throwsAsync(Parser.parse([flag], {flags}), {instanceOf: Errors.CLIError, message})
    t.is(error.oclif.exit, 2)
  },
  title: (_, flag) => `refuses ${flag.slice(0, 40)}`,
})

for (const item of ['1:', ':1', '1:0', '1:-1', '1:1.5', '', 'Tea:x', '1:9007199254740993']) {
  test(refuses, `--item=${item}`, /PRODUCT or PRODUCT:QUANTITY/)
}
test(refuses, '--currency=dollars', /ISO 4217/)
test(refuses, '--idempotency-key=', /1 to 255/)
test(refuses, `--idempotency-key=${'k'.repeat(256)}`, /1 to 255/)
