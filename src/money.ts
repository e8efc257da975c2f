/** An ISO 4217 code, such as `USD`. */
export type Currency = string

/** How many decimals a currency's minor unit has (USD 2, JPY 0, KWD 3), as the runtime's own ICU data gives it. */
export function currencyDecimals(currency: Currency): number {
  let decimals = decimalsByCurrency.get(currency)
  if (decimals === undefined) {
    const {maximumFractionDigits} = new Intl.NumberFormat('en', {style: 'currency', currency}).resolvedOptions()
    decimals = maximumFractionDigits ?? 2
    decimalsByCurrency.set(currency, decimals)
  }
  return decimals
}

// Building an Intl.NumberFormat takes tens of microseconds; a page formats 20 prices.
const decimalsByCurrency = new Map<Currency, number>()

export function isCurrency(code: string): code is Currency {
  return Intl.supportedValuesOf('currency').includes(code)
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
