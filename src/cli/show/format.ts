import {type Currency, formatAmount} from '../../money.ts'

/**
 * Makes stored text safe for a terminal. Control characters, which could move the cursor or hide text, and characters
 * that change the direction of writing are shown as escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** An RFC 3339 time in UTC, to the second: `2026-04-18 19:07:52`. */
export function formatTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}`
}

export function formatMoney(amount: bigint | number, currency: Currency): string {
  return `${formatAmount(amount, currency)} ${currency}`
}

/** A change of stock: `+3` or `-2`. */
export function formatDelta(delta: number): string {
  return delta > 0 ? `+${delta}` : String(delta)
}

/** `anna: counted again` */
export function describeOperator(operator: string | null, note: string | null): string {
  return [operator, note].flatMap((text) => (text === null ? [] : printable(text))).join(': ')
}

/** `1,234,567` */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** `12.3 MB` */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1)
  const value = bytes / 1000 ** power
  return `${power > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[power]}`
}
