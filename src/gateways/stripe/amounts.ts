import type {Currency} from '../../money.ts'
import {currencyDecimals} from '../../money.ts'
import type {Money, Obstacle} from '../gateway.ts'

/**
 * The currencies that Stripe charges cards in, except those that ISO 4217 has withdrawn. Some need an account in a certain
 * country: Stripe then refuses the payment itself.
 */
const supported: ReadonlySet<Currency> = new Set(
  `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CVE
  CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JOD JPY KES KGS
  KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
  OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TND TOP TRY TTD TWD
  TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW`.split(/\s+/),
)

/**
 * Where Stripe's decimals differ from ISO 4217. ISK and UGX have no decimals, but Stripe keeps counting them in hundredths
 * and refuses fractions. HUF and TWD are special in payouts only. See https://docs.stripe.com/currencies#special-cases
 */
const stripeDecimals: Readonly<Partial<Record<Currency, number>>> = {ISK: 2, MGA: 0, UGX: 2}

/**
 * The smallest charges, in Stripe's units. Stripe applies the minimum of the currency that it pays out in, so that an
 * account with another one may see `amount_too_small` in spite of this table.
 */
const smallest: Readonly<Partial<Record<Currency, number>>> = {
  AED: 200,
  ARS: 50,
  AUD: 50,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  COP: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  IDR: 50,
  ILS: 50,
  INR: 50,
  JPY: 50,
  KRW: 50,
  MXN: 1000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PHP: 50,
  PLN: 200,
  RON: 200,
  RUB: 50,
  SEK: 300,
  SGD: 50,
  THB: 1000,
  USD: 50,
  ZAR: 50,
}

/**
 * The largest charges, in Stripe's units. The API reference says eight digits, and the page on currencies names these
 * exceptions. Some card networks go further, but an amount that is refused here has not taken stock yet.
 */
const usuallyLargest = 99_999_999
const largest: Readonly<Partial<Record<Currency, number>>> = {
  COP: 9_999_999_999,
  HUF: 9_999_999_999,
  IDR: 999_999_999_999,
  INR: 999_999_999,
  JPY: 9_999_999_999,
  LBP: 99_999_999_999,
}

/** Why Stripe would refuse to charge the amount; undefined if it would not. */
export function obstacleTo({amount, currency}: Money): Obstacle | undefined {
  if (!supported.has(currency)) return {kind: 'currency'}
  const step = stepOf(currency)
  if (amount % step !== 0) return {kind: 'inexact', step}
  const least = Math.max(fromStripe(smallest[currency] ?? 1, currency), step)
  if (amount < least) return {kind: 'too_small', least}
  const most = fromStripe(largest[currency] ?? usuallyLargest, currency)
  return amount > most ? {kind: 'too_large', most: Math.floor(most / step) * step} : undefined
}

/** The amount in Stripe's units; undefined if Stripe cannot express it. */
export function toStripe({amount, currency}: Money): number | undefined {
  if (amount % stepOf(currency) !== 0) return undefined
  const shift = shiftOf(currency)
  return shift < 0 ? amount / 10 ** -shift : amount * 10 ** shift
}

/** The amount in minor units. Exact for every amount that Stripe charges, which are whole numbers of ISK and of UGX. */
export function fromStripe(amount: number, currency: Currency): number {
  const shift = shiftOf(currency)
  return shift < 0 ? amount * 10 ** -shift : amount / 10 ** shift
}

/** In minor units. Stripe takes amounts with three decimals only if the last is 0. */
function stepOf(currency: Currency): number {
  if (currencyDecimals(currency) === 3) return 10
  return 10 ** Math.max(0, -shiftOf(currency))
}

/** By how many decimals Stripe's units are finer than the minor unit. */
function shiftOf(currency: Currency): number {
  const decimals = currencyDecimals(currency)
  return (stripeDecimals[currency] ?? decimals) - decimals
}
