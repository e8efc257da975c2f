import {z} from 'zod'
import type {oas31} from 'zod-openapi'

import {type Currency, currencyDecimals, formatAmount, isCurrency} from '../../money.ts'
import {echo} from './echo.ts'
import {refuse, type Refine, required, typeName} from './fields.ts'
import {InvalidInputError} from '../problems/http-errors.ts'

// Like fields.ts, for Django REST Framework's ChoiceField and DecimalField.

export function currencyField(): z.ZodType<Currency> {
  return z
    .unknown()
    .transform((value, context) => {
      if (!required(value, context)) return z.NEVER
      if (typeof value === 'string' && isCurrency(value)) return value
      return refuse(context, `"${echo(asPython(value))}" is not a valid choice.`)
    })
    .meta({override: currencyInput})
}

/** `describeApi` defines this component. */
export const currencyInput = {$ref: '#/components/schemas/CurrencyCode'}

/** As Python writes it, except for the contents of a list or an object, which may be large. */
function asPython(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return typeName(value)
}

/** The exact number as it was written: `sign`, `digits`, and a power of ten. */
export type Decimal = {sign: '' | '-'; digits: string; exponent: number}

const notANumber = 'A valid number is required.'

/** Accepts numbers and decimal strings, with or without an exponent. */
export function decimalField(): z.ZodType<Decimal> {
  return z
    .unknown()
    .transform((value, context): Decimal => {
      if (!required(value, context)) return z.NEVER
      if (typeof value !== 'string' && typeof value !== 'number') return refuse(context, notANumber)
      return readDecimal(String(value), context)
    })
    .meta({override: decimalInput})
}

/** Includes the underscores that Python accepts. */
export const decimalText: oas31.SchemaObject = {
  type: 'string',
  pattern: String.raw`^\s*_*([+-]_*)?(\d[\d_]*(\.[\d_]*)?|\._*\d[\d_]*)([eE]_*([+-]_*)?\d[\d_]*)?\s*$`,
  maxLength: 1000,
}

const decimalInput: oas31.SchemaObject = {anyOf: [decimalText, {type: 'number'}]}

function readDecimal(text: string, context: Refine): Decimal {
  if (text.length > 1000) return refuse(context, 'String value too large.')
  const match = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d+))?$/i.exec(text.trim().replaceAll('_', ''))
  if (!match) return refuse(context, notANumber)
  const [, sign, whole = '', afterWhole = '', afterNothing = '', exponent = '0'] = match
  const fraction = afterWhole + afterNothing
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '')
  return {sign: sign === '-' ? '-' : '', digits, exponent: Number(exponent) - fraction.length}
}

/** The number of digits of the largest amount. */
const maxDigits = String(Number.MAX_SAFE_INTEGER).length

/** Converts a decimal to minor units of the currency. Throws a 400 with the error under the name of the field. */
export function toAmount(field: string, decimal: Decimal, currency: Currency): number {
  const decimals = currencyDecimals(currency)
  const {sign, digits, exponent} = decimal
  const problem = findExcess(decimal, decimals)
  if (problem !== undefined) throw fieldError(field, problem)
  if (sign === '-' && digits !== '0') throw fieldError(field, 'Ensure this value is greater than or equal to 0.')

  const amount = Number(digits + '0'.repeat(decimals + exponent))
  if (Number.isSafeInteger(amount)) return amount
  const most = formatAmount(Number.MAX_SAFE_INTEGER, currency)
  throw fieldError(field, `Ensure this value is less than or equal to ${most}.`)
}

/** The checks of DecimalField.validate_precision, in the same order. */
function findExcess({digits, exponent}: Decimal, decimals: number): string | undefined {
  const total = exponent >= 0 ? digits.length + exponent : Math.max(digits.length, -exponent)
  const places = Math.max(0, -exponent)
  const maxWhole = maxDigits - decimals
  if (total > maxDigits) return `Ensure that there are no more than ${maxDigits} digits in total.`
  if (places > decimals) return `Ensure that there are no more than ${decimals} decimal places.`
  if (total - places > maxWhole)
    return `Ensure that there are no more than ${maxWhole} digits before the decimal point.`
  return undefined
}

function fieldError(field: string, message: string): InvalidInputError {
  return new InvalidInputError({[field]: [message]})
}
