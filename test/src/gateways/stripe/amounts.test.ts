import test from 'ava'

import {fromStripe, obstacleTo, toStripe} from '../../../../src/gateways/stripe/amounts.ts'
import {currencies} from '../../../../src/money.ts'

test('amounts are converted to what Stripe counts in', (t) => {
  for (const [currency, amount, inStripe] of [
    ['USD', 1999, 1999], // 19.99
    ['JPY', 500, 500],
    ['KWD', 5120, 5120], // 5.120
    ['ISK', 5, 500],
    ['UGX', 5, 500],
    ['HUF', 1045, 1045], // 10.45
    ['TWD', 80_045, 80_045], // 800.45
    ['MGA', 50_000, 500], // 500.00
  ] as const) {
    t.is(toStripe({amount, currency}), inStripe, `of ${currency}`)
    t.is(fromStripe(inStripe, currency), amount, `of ${currency}`)
  }
})

test('an amount that Stripe cannot express is not rounded', (t) => {
  t.is(toStripe({amount: 5124, currency: 'KWD'}), undefined)
  t.is(toStripe({amount: 50_050, currency: 'MGA'}), undefined)
  t.deepEqual(obstacleTo({amount: 5124, currency: 'KWD'}), {kind: 'inexact', step: 10})
  t.deepEqual(obstacleTo({amount: 50_050, currency: 'MGA'}), {kind: 'inexact', step: 100})
})

test('a currency that Stripe lacks is an obstacle', (t) => {
  t.deepEqual(obstacleTo({amount: 1000, currency: 'IQD'}), {kind: 'currency'})
  t.deepEqual(obstacleTo({amount: 1000, currency: 'usd'}), {kind: 'currency'})
})

test('the smallest and the largest amounts are in minor units', (t) => {
  for (const [currency, least, most] of [
    ['USD', 50, 99_999_999],
    ['GBP', 30, 99_999_999],
    ['JPY', 50, 9_999_999_999],
    ['HUF', 17_500, 9_999_999_999],
    ['ISK', 1, 999_999],
    ['KWD', 10, 99_999_990],
    ['MGA', 100, 9_999_999_900],
    ['IDR', 50, 999_999_999_999],
  ] as const) {
    t.is(obstacleTo({amount: least, currency}), undefined, `of ${currency}`)
    t.is(obstacleTo({amount: most, currency}), undefined, `of ${currency}`)
    const step = currency === 'KWD' ? 10 : currency === 'MGA' ? 100 : 1
    t.deepEqual(obstacleTo({amount: least - step, currency}), {kind: 'too_small', least}, `of ${currency}`)
    t.deepEqual(obstacleTo({amount: most + step, currency}), {kind: 'too_large', most}, `of ${currency}`)
  }
})

test('every amount without an obstacle is a whole number for Stripe, and comes back exact', (t) => {
  for (const currency of currencies) {
    for (const amount of [1, 50, 99, 100, 17_500, 20_000, 123_450, 999_999, 12_345_600, 99_999_999]) {
      if (obstacleTo({amount, currency})) continue
      const inStripe = toStripe({amount, currency}) ?? Number.NaN
      t.true(Number.isSafeInteger(inStripe) && inStripe > 0, `${amount} ${currency}`)
      t.is(fromStripe(inStripe, currency), amount, `${amount} ${currency}`)
    }
  }
})
