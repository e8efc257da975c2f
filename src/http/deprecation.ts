/** When the addresses below `/order/` were deprecated. */
const deprecatedAt = new Date('2026-11-24T00:00:00Z')

/** Headers of every answer at an old address: when it was deprecated (RFC 9745), and what replaced it (RFC 8288). */
export function deprecationHeaders(successor: string): {Deprecation: string; Link: string} {
  return {Deprecation: `@${deprecatedAt.getTime() / 1000}`, Link: `<${successor}>; rel="successor-version"`}
}
