import test from 'ava'
import * as iso4217 from 'dinero.js/currencies'

import {currencyDecimals, formatAmount, isCurrency, parseAmount} from '../../src/money.ts'
import {fc} from '../helpers/tier.ts'

const formats = test.macro<[number, string, string]>({
  exec(t, amount: number, currency: string, text: string) {
    t.is(formatAmount(amount, currency), text)
    t.is(parseAmount(text, currency), amount)
  },
  title: (_, amount, currency, text) => `${amount} minor units of ${currency} are ${text}`,
})

test(formats, 1234, 'USD', '12.34')
test(formats, 5, 'USD', '0.05')
test(formats, 0, 'USD', '0.00')
test(formats, -7, 'USD', '-0.07')
test(formats, 1234, 'JPY', '1234')
test(formats, 1, 'KWD', '0.001')
test(formats, Number.MAX_SAFE_INTEGER, 'USD', '90071992547409.91')

const refuses = test.macro<[string, string]>({
  exec(t, text: string, currency: string) {
    t.is(parseAmount(text, currency), undefined)
  },
  title: (_, text, currency) => `"${text}" is not an amount of ${currency}`,
})

test(refuses, '', 'USD')
test(refuses, 'x', 'USD')
test(refuses, '1.005', 'USD')
test(refuses, '1.5', 'JPY')
test(refuses, '1e3', 'USD')
test(refuses, '90071992547409.92', 'USD')

test('zeros after the last decimal do not change an amount', (t) => {
  t.is(parseAmount('12.3400', 'USD'), 1234)
  t.is(parseAmount('12.', 'USD'), 1200)
  t.is(parseAmount('7.00', 'JPY'), 7)
})

test('a formatted amount parses back to itself, in every currency', (t) => {
  const currencies = Object.keys(iso4217)
  t.true(currencies.length > 150)
  for (const currency of currencies) {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (amount) => parseAmount(formatAmount(amount, currency), currency) === amount),
    )
  }
})

test('a parsed amount is formatted with exactly the decimals of its currency', (t) => {
  const decimal = fc.stringMatching(/^-?\d{1,12}(\.\d{1,5})?$/)
  const isExact = fc.property(fc.constantFrom(...Object.keys(iso4217)), decimal, (currency, text) => {
    const amount = parseAmount(text, currency)
    const decimals = currencyDecimals(currency)
    const fraction = (text.split('.')[1] ?? '').replace(/0+$/, '')
    if (fraction.length > decimals) return amount === undefined
    if (amount === undefined) return false
    const [, places = ''] = formatAmount(amount, currency).split('.')
    return places.length === decimals && Number(formatAmount(amount, currency)) === Number(text) + 0
  })
  t.notThrows(() => {
    fc.assert(isExact)
  })
})

const hasDecimals = test.macro<[string, number]>({
  exec(t, currency, decimals) {
    t.is(currencyDecimals(currency), decimals)
  },
  title: (_, currency, decimals) => `${currency} has ${decimals} decimals`,
})

// Codes where ISO 4217 and the Unicode CLDR in Node differ, withdrawn codes, and currencies with fifths.
for (const code of ['USD', 'HUF', 'IDR', 'ALL', 'MGA', 'MRU', 'HRK', 'ANG']) test(hasDecimals, code, 2)
for (const code of ['JPY', 'ISK', 'KRW', 'UGX']) test(hasDecimals, code, 0)
for (const code of ['KWD', 'BHD', 'IQD', 'TND']) test(hasDecimals, code, 3)

const isNotCurrency = test.macro<[string]>({
  exec(t, code) {
    t.false(isCurrency(code))
  },
  title: (_, code) => `"${code}" is not a currency to sell in`,
})

for (const code of ['XXY', 'eur', '', 'XAU', 'XXX', 'XTS', 'XDR', 'HRK', 'DEM', 'toString', '__proto__']) {
  test(isNotCurrency, code)
}

test('codes of ISO 4217 are currencies, including recent ones', (t) => {
  t.deepEqual(['EUR', 'USD', 'XCG', 'ZWG', 'MRU'].filter(isCurrency), ['EUR', 'USD', 'XCG', 'ZWG', 'MRU'])
})
