/** How many characters a text has as Python and PostgreSQL count them: code points, not UTF-16 units. */
export function countCodePoints(text: string): number {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g)
  return text.length - (pairs?.length ?? 0)
}
