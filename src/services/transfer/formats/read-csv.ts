import {CsvError, Parser} from 'csv-parse'
import {z} from 'zod'

import {maxLength} from '../../../text.ts'
import {InvalidFixtureError} from '../../../errors.ts'
import {amountText, currencyCode, readAmount} from './amounts.ts'
import {id, mustBe, quantity, text, time} from './record-fields.ts'
import {defaultPool, type FixtureReader} from '../fixture.ts'
import type {ReadOptions} from '../stage/stage.ts'
import {noteProblem, parseRecord} from './parse-record.ts'

const number = (of: z.ZodInt, what: string): z.ZodType<number> =>
  z
    .string({error: mustBe(what)})
    .regex(/^\d+$/, {error: mustBe(what)})
    .transform(Number)
    .pipe(of)

const csvProduct = z.object({
  id: number(id, 'a positive whole number').optional(),
  name: text(maxLength.productName),
  price: amountText,
  stock: number(quantity, 'a whole number, 0 or more'),
  enabled: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', 'false', 'yes', 'no', '1', '0'], {error: mustBe('true or false')}))
    .transform((value) => ['true', 'yes', '1'].includes(value))
    .default(true),
  currency: currencyCode.optional(),
  effective_from: time.optional(),
})

const required = ['name', 'price', 'stock']
const columns = ['id', ...required, 'enabled', 'currency', 'effective_from']

/** The longest record in bytes. Without it, a missing closing quote would read the rest of the file into memory. */
const maxRecord = 1024 * 1024

/** Products with one price each, below a header. Fields are quoted as in RFC 4180. */
export function readCsv(options: ReadOptions): FixtureReader {
  let names: string[] | undefined
  const parser = new RecordParser((fields, line) => {
    if (names === undefined) names = readHeader(fields)
    else stageRow(fields, {names, line}, options)
  })
  // The error is also passed to the callback of each write.
  parser.on('error', () => undefined)
  parser.resume()
  return {
    write: async (text) => toParser(parser, (done) => parser.write(text, done)),
    end: async () => {
      await toParser(parser, (done) => parser.end(done))
      if (names === undefined) readHeader([])
    },
  }
}

/**
 * Hands each record over as it is found, with the line that it ends on. The option `on_record` would give the line too, but
 * makes two objects for each record: 7 µs a record instead of 2.3. That the parser calls its own `push` for each record is
 * not documented, so package.json pins the version of csv-parse.
 */
class RecordParser extends Parser {
  readonly #onRecord: (fields: string[], line: number) => void

  constructor(onRecord: (fields: string[], line: number) => void) {
    super({relax_column_count: true, skip_empty_lines: true, trim: true, max_record_size: maxRecord})
    this.#onRecord = onRecord
  }

  override push(record: string[] | null): boolean {
    if (record === null) return super.push(null)
    this.#onRecord(record, this.info.lines)
    return true
  }
}

async function toParser(parser: Parser, write: (done: (error?: Error | null) => void) => void): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      write((error) => {
        if (error) reject(parser.errored ?? error)
        else resolve()
      })
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error.lines === 'number' ? `line ${error.lines}` : 'the file'
    throw new InvalidFixtureError([{record: line, reason: error.message}], {cause: error})
  }
}

function stageRow(
  fields: string[],
  {names, line}: {names: string[]; line: number},
  {stage, currency: defaultCurrency}: ReadOptions,
): void {
  const place = stage.place(`line ${line}`)
  if (fields.length !== names.length) {
    noteProblem(place, `has ${fields.length} fields, but the header has ${names.length}`)
    return
  }
  const row: Record<string, string | undefined> = {}
  for (let index = 0; index < names.length; index++) {
    const field = fields[index]
    row[names[index] ?? ''] = field === '' ? undefined : field
  }
  const parsed = parseRecord(csvProduct, row, place)
  if (!parsed) return

  const {id, name, enabled, price, currency = defaultCurrency, effective_from: effectiveFrom} = parsed
  const amount = readAmount(price, {currency, field: 'price'}, place)
  const stock = new Map([[defaultPool, parsed.stock]])
  stage.addProduct(place, {id, name, enabled, createdAt: undefined, stock})
  stage.addPrice(place, {id: undefined, product: {seq: place.seq}, currency, amount, effectiveFrom})
}

function readHeader(fields: string[]): string[] {
  const names = fields.map((field) => field.toLowerCase())
  const problems = [
    ...required.filter((name) => !names.includes(name)).map((name) => `lacks the column ${name}`),
    ...names.filter((name) => !columns.includes(name)).map((name) => `has an unknown column "${name}"`),
    ...names.filter((name, index) => names.indexOf(name) < index).map((name) => `has the column ${name} twice`),
  ]
  if (problems.length === 0) return names
  const expected = `the columns are ${required.join(', ')} and optionally id, enabled, currency, effective_from`
  throw new InvalidFixtureError([{record: 'line 1', reason: `the header ${problems.join(', ')}; ${expected}`}])
}
