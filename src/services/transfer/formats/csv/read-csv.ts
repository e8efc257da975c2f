import {InvalidFixtureError} from '../../../../errors.ts'
import {defaultPool, type FixtureReader} from '../../fixture.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {noteProblem, parseRecord, type RecordPlace} from '../parse-record.ts'
import {readCsvAmount} from './csv-amounts.ts'
import {type CsvHeader, findSeparator, hasHeaderLine, lacksHeader, readHeader} from './csv-header.ts'
import {csvProduct} from './csv-product.ts'
import {CsvRecords, maxRecord} from './csv-records.ts'

type Table = CsvHeader & {separator: string}

/** Products with one price each, below a header. Blank rows, and empty fields beyond the header, are skipped. */
export function readCsv(options: ReadOptions): FixtureReader {
  let head = ''
  let records: CsvRecords | undefined
  let table: Table | undefined

  const begin = (): CsvRecords => {
    const {separator, text, skippedLines} = findSeparator(head)
    records = new CsvRecords({separator, firstLine: options.firstLine + skippedLines}, (fields, line) => {
      if (fields.every(isBlank)) return
      if (table === undefined) table = {...readHeader(fields, line), separator}
      else stageRow(fields, {table, line}, options)
    })
    records.write(text)
    return records
  }

  return {
    write(text) {
      if (records !== undefined) {
        records.write(text)
        return
      }
      head += text
      if (hasHeaderLine(head)) {
        begin()
      } else if (head.length > maxRecord) {
        const reason = `the first ${maxRecord} characters have no header`
        throw new InvalidFixtureError([{record: `line ${options.firstLine}`, reason}])
      }
    },
    end() {
      const all = records ?? begin()
      all.end()
      if (table === undefined) lacksHeader(options.firstLine)
    },
  }
}

function isBlank(field: string | undefined): boolean {
  return field === undefined || field === '' || field.trim() === ''
}

function stageRow(
  fields: string[],
  {table, line}: {table: Table; line: number},
  {stage, currency: defaultCurrency}: ReadOptions,
): void {
  const place = stage.place(`line ${line}`)
  const row = toRow(fields, table, place)
  const parsed = row && parseRecord(csvProduct, row, place)
  if (!parsed) return

  const {id, name, sku, enabled, price, currency = defaultCurrency, effective_from: effectiveFrom} = parsed
  const {max_per_order: maxPerOrder} = parsed
  const amount = readCsvAmount(price, {currency, separator: table.separator}, place)
  const stock = new Map([[defaultPool, parsed.stock]])
  stage.addProduct(place, {id, name, sku, enabled, createdAt: undefined, maxPerOrder, stock})
  stage.addPrice(place, {id: undefined, product: {seq: place.seq}, currency, amount, effectiveFrom})
}

/** The fields by column. Programs leave out empty fields at the end of a row, and write some beyond the header. */
function toRow(
  fields: string[],
  {names, minFields}: CsvHeader,
  place: RecordPlace,
): Record<string, string | undefined> | undefined {
  if (fields.length < minFields || fields.slice(names.length).some((field) => !isBlank(field))) {
    noteProblem(place, `has ${fields.length} fields, but the header has ${names.length}`)
    return undefined
  }
  const row: Record<string, string | undefined> = {}
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? ''
    const field = fields[index]
    if (isBlank(field)) {
      if (name !== '') row[name] = undefined
    } else if (name === '') {
      noteProblem(place, `has a value in column ${index + 1}, which has no name in the header`)
      return undefined
    } else {
      // Blanks in the quotes of a name are part of it.
      row[name] = name === 'name' ? field : field?.trim()
    }
  }
  return row
}
