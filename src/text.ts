/** The longest texts that the shop stores, in characters as PostgreSQL counts them. The migrations check the same. */
export const maxLength = {
  username: 150,
  productName: 200,
  sku: 255,
  poolName: 100,
  idempotencyKey: 255,
} as const

/** The number of characters as Python and PostgreSQL count them: code points, not UTF-16 units. */
export function countCodePoints(text: string): number {
  let pairs = 0
  for (let index = 1; index < text.length; index++) {
    if (isBetween(text.charCodeAt(index), 0xdc00, 0xdfff) && isBetween(text.charCodeAt(index - 1), 0xd800, 0xdbff))
      pairs++
  }
  return text.length - pairs
}

function isBetween(code: number, first: number, last: number): boolean {
  return code >= first && code <= last
}

/** Whether a text has at most `limit` characters. Counts them only if its length in UTF-16 units does not tell. */
export function isAtMost(text: string, limit: number): boolean {
  return text.length <= limit || (text.length <= 2 * limit && countCodePoints(text) <= limit)
}

/** The beginning of a text that may be long, for a message. */
export function shorten(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}...` : text
}

/** `1 price` or `2 prices` */
export function countOf(count: number, noun: string): string {
  return `${count} ${plural(count, noun)}`
}

/** The word that goes with a number. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many
}

/** The number of line breaks. To split a text into its lines would take 20 times its memory. */
export function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** Whether PostgreSQL can store a text: it has neither a NUL character nor half a surrogate pair. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text)
}

/** Whether a spreadsheet may take a text for a formula. Some take the wide forms of the signs, too. */
export function isLikeFormula(text: string): boolean {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(text)
}
