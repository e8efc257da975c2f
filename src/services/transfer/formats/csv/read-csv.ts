import {defaultPool, type FixtureReader} from '../../fixture.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {parseRecord} from '../parse-record.ts'
import {readCsvAmount} from './csv-amounts.ts'
import {readHeader} from './csv-header.ts'
import {csvProduct} from './csv-product.ts'
import {type CsvColumns, toRow} from './csv-rows.ts'
import {readTable, type TableHeader} from './read-table.ts'
import {openExport} from './platforms/open-export.ts'
import type {SoldProduct} from './platforms/sold-product.ts'

/** Products with one price each, below a header of the shop's own columns or of another shop's. */
export function readCsv(options: ReadOptions): FixtureReader {
  return readTable(options.firstLine, (header) => {
    const readExport = openExport(header, options, (product) => {
      stageSold(product, options)
    })
    return readExport ?? readOwn(header, options)
  })
}

function readOwn(
  {fields, line, separator}: TableHeader,
  options: ReadOptions,
): (fields: string[], line: number) => void {
  const columns = readHeader(fields, line)
  return (row, rowLine) => {
    stageRow(row, {columns, separator, line: rowLine}, options)
  }
}

function stageRow(
  fields: string[],
  {columns, separator, line}: {columns: CsvColumns; separator: string; line: number},
  {stage, currency: defaultCurrency}: ReadOptions,
): void {
  const place = stage.place(`line ${line}`)
  const row = toRow(fields, columns, place)
  const parsed = row && parseRecord(csvProduct, row, place)
  if (!parsed) return

  const {id, name, sku, enabled, price, currency = defaultCurrency, effective_from: effectiveFrom} = parsed
  const {max_per_order: maxPerOrder} = parsed
  const amount = readCsvAmount(price, {currency, separator}, place)
  const stock = new Map([[defaultPool, parsed.stock]])
  stage.addProduct(place, {id, name, sku, enabled, createdAt: undefined, maxPerOrder, stock})
  stage.addPrice(place, {id: undefined, product: {seq: place.seq}, currency, amount, effectiveFrom})
}

/** A quantity that the other shop does not know is none. */
function stageSold(
  {place, name, sku, enabled = true, amount, quantity, maxPerOrder}: SoldProduct,
  {stage, currency}: ReadOptions,
): void {
  if (quantity === undefined) stage.leftovers.uncounted++
  const stock = new Map([[defaultPool, quantity ?? 0]])
  stage.addProduct(place, {id: undefined, name, sku, enabled, createdAt: undefined, maxPerOrder, stock})
  if (amount === undefined) return
  stage.addPrice(place, {id: undefined, product: {seq: place.seq}, currency, amount, effectiveFrom: undefined})
}
