import * as iso4217 from 'dinero.js/currencies'

/** An ISO 4217 code, such as `USD`. */
export type Currency = string

const listed: Readonly<Partial<Record<Currency, {base: number; exponent: number}>>> = iso4217

/** The currencies that the shop can sell in. */
export const currencies: readonly Currency[] = Object.keys(listed).sort()

/** Whether the shop can sell in it: a code in use that has a minor unit. Gold (XAU) and "no currency" (XXX) have none. */
export function isCurrency(code: string): boolean {
  return Object.hasOwn(listed, code)
}

/**
 * The number of decimals of a currency's minor unit in ISO 4217: USD 2, JPY 0, KWD 3. Old orders may have a withdrawn
 * code. All codes withdrawn so far had 2 decimals.
 */
export function currencyDecimals(currency: Currency): number {
  const {base, exponent} = listed[currency] ?? {base: 10, exponent: 2}
  // MGA and MRU are divided into fifths: the list gives them base 5, but ISO 4217 gives them 2 decimals.
  return base === 10 ? exponent : 2
}

/** Formats an amount in minor units as a decimal string without a symbol: 1234 is `12.34` in USD, `1234` in JPY. */
export function formatAmount(amount: bigint | number, currency: Currency): string {
  const decimals = currencyDecimals(currency)
  const digits = String(amount < 0 ? -amount : amount).padStart(decimals + 1, '0')
  const sign = amount < 0 ? '-' : ''
  if (decimals === 0) return sign + digits
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/**
 * Parses a decimal string into the exact amount in minor units. Undefined if it is not a decimal number, has more
 * decimals than the currency (apart from trailing zeros), or exceeds the safe integers.
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

type PricedLine = {price: number | null; quantity: number}

/** In minor units; null without a price. A basket may be worth more than any order, whose total is a safe integer. */
export function lineTotal({price, quantity}: PricedLine): bigint | null {
  return price === null ? null : BigInt(price) * BigInt(quantity)
}

/** The sum of the lines that have a price. */
export function sumOfLines(lines: PricedLine[]): bigint {
  return lines.reduce((sum, line) => sum + (lineTotal(line) ?? 0n), 0n)
}
