import {Errors, Parser} from '@oclif/core'
import test from 'ava'

import {currencyFlag, idempotencyKeyFlag, itemFlag} from '../../../../src/cli/flags/order-flags.ts'

const flags = {
  item: itemFlag({multiple: true, multipleNonGreedy: true}),
  currency: currencyFlag(),
  'idempotency-key': idempotencyKeyFlag(),
}

test('an item is a product and its quantity, 1 by default', async (t) => {
  const result = await Parser.parse(['--item', '7:2', '--item=9', '--currency', 'eur'], {flags})

  t.deepEqual(result.flags.item, [
    {productId: 7, quantity: 2},
    {productId: 9, quantity: 1},
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

for (const item of [
  'x',
  '1:',
  ':1',
  '1:0',
  '0:1',
  '1:-1',
  '1:1.5',
  '1:2:3',
  '',
  ' 1',
  '9007199254740993',
  '1e3',
  '0x1',
]) {
  test(refuses, `--item=${item}`, /PRODUCT_ID or PRODUCT_ID:QUANTITY/)
}
test(refuses, '--currency=dollars', /ISO 4217/)
test(refuses, '--idempotency-key=', /1 to 255/)
test(refuses, `--idempotency-key=${'k'.repeat(256)}`, /1 to 255/)
