import pg from 'pg'

const int8: number = pg.types.builtins.INT8
const timestamptz: number = pg.types.builtins.TIMESTAMPTZ
type ParseText = (text: string) => unknown

const fallback: (oid: number, format?: string) => ParseText = pg.types.getTypeParser as never

/** Parses an int8 as a number, which fits identity keys, amounts and quantities. Throws if a number would round it. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`The database returned ${text}, which is not a safe integer.`)
  return value
}

/**
 * Parses a timestamptz as RFC 3339 in UTC with microseconds, `2024-04-18T19:07:52.950000Z`. A Date would drop the last
 * three digits, by which orders are sorted and which fixtures preserve.
 */
function parseTimestamp(text: string): string {
  // Nothing in the shop writes these, but PostgreSQL has them.
  if (text === 'infinity' || text === '-infinity') return text
  const match = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/.exec(text)
  if (!match) throw new RangeError(`The database returned the time ${text}, which RFC 3339 cannot express.`)
  const [, date = '', time = '', fraction = '', sign = '', hours = '', minutes = '00', seconds = '00'] = match
  const micros = fraction.padEnd(6, '0')
  const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  if (offset === 0) return `${date}T${time}.${micros}Z`
  // Local mean times of the nineteenth century have seconds in their offset, which Date.parse does not read.
  const utc = Date.parse(`${date}T${time}Z`) - (sign === '-' ? -offset : offset) * 1000
  return new Date(utc).toISOString().replace('.000Z', `.${micros}Z`)
}

/** Type parsers for the shop's own connections. pg's global ones are left as they are. */
export const typeParsers = {
  getTypeParser(oid: number, format?: string): ParseText {
    if (oid === int8) return parseInt8
    if (oid === timestamptz) return parseTimestamp
    return fallback(oid, format)
  },
}
