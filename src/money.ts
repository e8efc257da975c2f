import * as iso4217 from 'dinero.js/currencies'

/** An ISO 4217 code, such as `USD`. */
export type Currency = string

const listed: Readonly<Partial<Record<Currency, {base: number; exponent: number}>>> = iso4217

/** Those that the shop can sell in. */
export const currencies: readonly Currency[] = Object.keys(listed).sort()

/** Whether the shop sells in it: in use, and with a minor unit, which gold (XAU) and no currency (XXX) lack. */
export function isCurrency(code: string): boolean {
  return Object.hasOwn(listed, code)
}

/**
 * How many decimals a currency's minor unit has by ISO 4217: USD 2, JPY 0, KWD 3. A code that was withdrawn, which
 * orders of the past may have, keeps the 2 that every currency withdrawn from the list so far had.
 */
export function currencyDecimals(currency: Currency): number {
  const {base, exponent} = listed[currency] ?? {base: 10, exponent: 2}
  // MGA and MRU have fifths, which the list gives as they are, and ISO 4217 as hundredths.
  return base === 10 ? exponent : 2
}

/** An amount in minor units as a decimal string without a symbol: 1234 USD is `12.34`, 1234 JPY `1234`. */
export function formatAmount(amount: number, currency: Currency): string {
  const decimals = currencyDecimals(currency)
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0')
  const sign = amount < 0 ? '-' : ''
  if (decimals === 0) return sign + digits
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/**
 * The amount in minor units that a decimal string names, exactly; undefined where the text is no decimal number, has
 * more decimals than the currency (zeros at the end aside), or leaves the safe integers.
 */
export function parseAmount(text: string, currency: Currency): number | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text.trim())
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  const decimals = currencyDecimals(currency)
  const significant = fraction.replace(/0+$/, '')
  if (significant.length > decimals) return undefined
  const amount = Number(sign + whole + significant.padEnd(decimals, '0'))
  return Number.isSafeInteger(amount) ? amount + 0 : undefined
}
