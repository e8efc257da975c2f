/** When the addresses with `/order/` became old ones. */
const deprecatedAt = new Date('2026-11-24T00:00:00Z')

/** What every answer at an old address has: since when it is one (RFC 9745), and which took its place (RFC 8288). */
export function deprecationHeaders(successor: string): {Deprecation: string; Link: string} {
  return {Deprecation: `@${deprecatedAt.getTime() / 1000}`, Link: `<${successor}>; rel="successor-version"`}
}
