import {type Currency, currencyDecimals} from '../../../../money.ts'
import {shorten} from '../../../../text.ts'
import {readAmount} from '../amounts.ts'
import {noteProblem, type RecordPlace} from '../parse-record.ts'

type AmountField = {currency: Currency; separator: string}

/**
 * A price as spreadsheets write it, in minor units: `4.25`, `4,25`, `$4.25`, `4,25 EUR`. What could be read in two ways is
 * a problem, such as `1,234`, which is one or a thousand.
 */
export function readCsvAmount(value: string, field: AmountField, place: RecordPlace): number {
  const {currency} = field
  const read = plain.test(value) && field.separator !== ';' ? {amount: value} : normalize(value, field)
  if ('amount' in read) return readAmount(read.amount, {currency, field: 'price'}, place)
  noteProblem(place, `price "${shorten(value, 60)}" ${read.reason}`)
  return 0
}

const plain = /^\d+(?:\.\d+)?$/

/** A dot or comma before three digits: a thousand in one country, a fraction in another. */
const groupOrFraction = /^\d{1,3}(?:[.,]\d{3})$/
const manyGroups = /^\d{1,3}(?:[.,'’\s]\d{3})+(?:[.,]\d+)?$/
const decimalComma = /^\d+,\d+$/

function normalize(value: string, {currency, separator}: AmountField): {amount: string} | {reason: string} {
  const unsigned = withoutCurrency(value, currency)
  if ('reason' in unsigned) return unsigned
  const {amount} = unsigned
  const usesComma = separator === ';'
  if (groupOrFraction.test(amount)) {
    // Only the sign for fractions of the file's other numbers tells, and only if the currency has thousandths.
    const isFraction = currencyDecimals(currency) === 3 && amount.includes(usesComma ? ',' : '.')
    if (!isFraction && (usesComma || amount.includes(','))) return {reason: describeGroups(amount, currency)}
  } else if (manyGroups.test(amount)) {
    return {reason: describeGroups(amount, currency)}
  }
  return {amount: decimalComma.test(amount) ? amount.replace(',', '.') : amount}
}

function describeGroups(amount: string, currency: Currency): string {
  const digits = amount.replaceAll(/[.,'’\s]/g, '')
  const decimals = /[.,](\d{1,2})$/.exec(amount)?.[1] ?? ''
  const whole = digits.slice(0, digits.length - decimals.length)
  const example = decimals === '' ? whole : `${whole}.${decimals}`
  return `may have a thousands separator; write it without one, such as ${example}, for an amount in ${currency}`
}

/** Signs that stand for one currency in the shop's records; `$` and `¥` mean others as well, if the record says so. */
const signs: Partial<Record<string, Currency[]>> = {
  $: ['USD', 'AUD', 'CAD', 'HKD', 'MXN', 'NZD', 'SGD'],
  '€': ['EUR'],
  '£': ['GBP'],
  '¥': ['JPY', 'CNY'],
  '₹': ['INR'],
  '₩': ['KRW'],
}

const signBefore = /^([$€£¥₹₩]|[A-Z]{3})\s*(\d.*)$/i
const signAfter = /^(.*\d)\s*([$€£¥₹₩]|[A-Z]{3})$/i

function withoutCurrency(value: string, currency: Currency): {amount: string} | {reason: string} {
  const before = signBefore.exec(value)
  const after = signAfter.exec(value)
  const sign = before?.[1] ?? after?.[2]
  const amount = before?.[2] ?? after?.[1]
  if (sign === undefined || amount === undefined) return {amount: value}
  if (sign.toUpperCase() === currency || signs[sign]?.includes(currency) === true) return {amount}
  return {reason: `does not agree with the currency ${currency}; give a column currency, or the option --currency`}
}
