/** The longest texts that the shop stores, in characters as PostgreSQL counts them. The migrations check the same. */
export const maxLength = {
  username: 150,
  productName: 200,
  poolName: 100,
  idempotencyKey: 255,
} as const

/** The number of characters as Python and PostgreSQL count them: code points, not UTF-16 units. */
export function countCodePoints(text: string): number {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g)
  return text.length - (pairs?.length ?? 0)
}

/** Whether a text has at most `limit` characters. Counts them only if its length in UTF-16 units does not tell. */
export function isAtMost(text: string, limit: number): boolean {
  return text.length <= limit || (text.length <= 2 * limit && countCodePoints(text) <= limit)
}

/** Whether PostgreSQL can store a text: it has neither a NUL character nor half a surrogate pair. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text)
}
