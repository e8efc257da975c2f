import {z} from 'zod'

import {type Currency, currencyDecimals, isCurrency, parseAmount} from '../../../money.ts'
import {mustBe} from './record-fields.ts'
import {noteProblem, type RecordPlace} from './parse-record.ts'

/** In characters. Zeros at the end of an amount take quadratic time. */
const longestAmount = 1000

/** A decimal string as minor units of the currency. If it is not valid, adds a problem and returns 0. */
export function readAmount(
  value: string,
  {currency, field}: {currency: Currency; field: string},
  place: RecordPlace,
): number {
  const amount = value.length > longestAmount ? undefined : parseAmount(value, currency)
  if (amount !== undefined && amount >= 0) return amount
  const decimals = currencyDecimals(currency)
  const example = decimals === 0 ? '"12"' : `"12.${'3456'.slice(0, decimals)}"`
  const what = `an amount in ${currency} with at most ${decimals} decimals, such as ${example}`
  noteProblem(place, `${field} ${mustBe(what)({input: value})}`)
  return 0
}

export const amountText = z.string({error: mustBe('an amount as a string, such as "12.34"')})

const currencyError = mustBe('an ISO 4217 currency code in capitals, such as "USD"')

export const currencyCode = z.string({error: currencyError}).refine(isKnownCurrency, {error: currencyError})

/** Cached: the runtime lists all currencies for each call, and a file repeats a few codes a million times. */
function isKnownCurrency(code: string): boolean {
  let isKnown = knownCurrencies.get(code)
  if (isKnown === undefined) {
    isKnown = isCurrency(code)
    if (isKnown) knownCurrencies.set(code, isKnown)
  }
  return isKnown
}

const knownCurrencies = new Map<string, boolean>()
