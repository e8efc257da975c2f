import pg from 'pg'

const int8: number = pg.types.builtins.INT8
const timestamptz: number = pg.types.builtins.TIMESTAMPTZ
type ParseText = (text: string) => unknown

const fallback: (oid: number, format?: string) => ParseText = pg.types.getTypeParser as never

/** An int8 as a number: identity keys, amounts and quantities all fit. Refuses what a number would round. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`The database holds ${text}, which is no safe integer.`)
  return value
}

/**
 * A timestamptz as RFC 3339 in UTC with microseconds, `2024-04-18T19:07:52.950000Z`: a Date would drop the last three
 * digits, which orders are sorted by and fixtures carry over.
 */
function parseTimestamp(text: string): string {
  // Nothing in the shop writes these, but PostgreSQL has them.
  if (text === 'infinity' || text === '-infinity') return text
  const match = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d)(?::(\d\d))?(?::\d\d)?$/.exec(text)
  if (!match) throw new RangeError(`The database holds the time ${text}, which has no RFC 3339 form.`)
  const [, date = '', time = '', fraction = '', hours = '', minutes = '00'] = match
  const micros = fraction.padEnd(6, '0')
  if (hours === '+00' && minutes === '00') return `${date}T${time}.${micros}Z`
  return new Date(`${date}T${time}${hours}:${minutes}`).toISOString().replace('.000Z', `.${micros}Z`)
}

/** Type parsers of the shop's own connections; pg's global ones stay as they are. */
export const typeParsers = {
  getTypeParser(oid: number, format?: string): ParseText {
    if (oid === int8) return parseInt8
    if (oid === timestamptz) return parseTimestamp
    return fallback(oid, format)
  },
}
