import {z} from 'zod'

import {maxLength} from '../../../../../text.ts'
import {maxOnHand} from '../../../../stock/adjust.ts'
import type {ReadOptions, Stage} from '../../../stage/stage.ts'
import {text} from '../../record-fields.ts'
import {noteProblem, parseRecord, type RecordPlace} from '../../parse-record.ts'
import {readCsvAmount} from '../csv-amounts.ts'
import {number} from '../csv-product.ts'
import {toColumn} from '../csv-header.ts'
import {isBlank, withoutGuard} from '../csv-rows.ts'
import type {TableHeader} from '../read-table.ts'
import {shopify} from './shopify.ts'
import type {ExportRow, SoldProduct} from './sold-product.ts'
import {woocommerce} from './woocommerce.ts'

const platforms = [shopify, woocommerce]

const exportRow = z.object({
  name: text(maxLength.productName),
  sku: text(maxLength.sku).optional(),
  price: z.string().optional(),
  quantity: number(z.int().max(maxOnHand), `a whole number, ${maxOnHand} at most`).optional(),
})

/**
 * If the header is that of another shop's export, returns what reads a row below it and hands on what can be sold.
 * Everything else is counted in the stage's leftovers.
 */
export function openExport(
  {fields: header, separator}: TableHeader,
  {stage, currency}: Pick<ReadOptions, 'currency'> & {stage: Pick<Stage, 'leftovers' | 'place'>},
  onProduct: (product: SoldProduct) => void,
): ((fields: string[], line: number) => void) | undefined {
  const names = header.map(toColumn)
  const columns = new Map(names.map((name, index) => [name, index]).reverse() as [string, number][])
  const platform = platforms.find(({isOwn}) => isOwn(new Set(names)))
  if (!platform) return undefined
  stage.leftovers.source = platform.source
  const {read, uses} = platform.open()
  let fields: string[] = []
  const cells = (column: string): string => {
    const index = columns.get(column)
    return index === undefined ? '' : withoutGuard(fields[index]?.trim() ?? '')
  }

  return (row, line) => {
    fields = row
    const place = stage.place(`line ${line}`)
    if (fields.length > names.length) {
      noteProblem(place, `has ${fields.length} fields, but the header has ${names.length}`)
      return
    }
    const result = read(cells)
    names.forEach((name, index) => {
      if (!isBlank(fields[index]) && !uses(name)) stage.leftovers.addColumn(header[index]?.trim() ?? name)
    })
    if ('problem' in result) noteProblem(place, result.problem)
    else if ('skip' in result) stage.leftovers.addRow(result.skip)
    else addProduct(result, place)
  }

  function addProduct({enabled, maxPerOrder, ...values}: ExportRow, place: RecordPlace): void {
    const isOversold = values.quantity.startsWith('-')
    const quantity = isOversold ? values.quantity.slice(1) : values.quantity
    const parsed = parseRecord(exportRow, withoutBlanks({...values, quantity}), place)
    if (!parsed) return
    const amount = parsed.price === undefined ? undefined : readCsvAmount(parsed.price, {currency, separator}, place)
    const left = isOversold ? 0 : parsed.quantity
    if (isOversold) stage.leftovers.oversold++
    onProduct({place, name: parsed.name, sku: parsed.sku, enabled, amount, quantity: left, maxPerOrder})
  }
}

function withoutBlanks(row: Record<string, string>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''))
}
