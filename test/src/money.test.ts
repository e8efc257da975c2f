import test from 'ava'

import {formatAmount, isCurrency, parseAmount} from '../../src/money.ts'

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
  title: (_, text, currency) => `"${text}" is no amount of ${currency}`,
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

test('only codes that the runtime knows are currencies', (t) => {
  t.true(isCurrency('EUR'))
  t.false(isCurrency('XXY'))
  t.false(isCurrency('eur'))
})
