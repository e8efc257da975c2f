import {z} from 'zod'

import {InvalidFixtureError} from '../../../../errors.ts'
import {type Currency, isCurrency} from '../../../../money.ts'
import {maxLength} from '../../../../text.ts'
import {maxOnHand} from '../../../stock/adjust.ts'
import {defaultPool, type FixtureReader} from '../../fixture.ts'
import type {LineUpdate, UpdateStage} from '../../update/update-stage.ts'
import {currencyCode} from '../amounts.ts'
import {noteProblem, parseRecord, type RecordPlace} from '../parse-record.ts'
import {id, limit, mustBe, text, time} from '../record-fields.ts'
import {readCsvAmount} from './csv-amounts.ts'
import {describeUnknown, maxColumns, toColumn} from './csv-header.ts'
import {flag, number} from './csv-product.ts'
import {type CsvRow, toRow} from './csv-rows.ts'
import {openExport} from './platforms/open-export.ts'
import type {SoldProduct} from './platforms/sold-product.ts'
import {readTable, type TableHeader} from './read-table.ts'

/** The column that identifies the product of a line. */
export const updateKeys = ['id', 'sku', 'name'] as const
export type UpdateKey = (typeof updateKeys)[number]

export type UpdateOptions = {
  stage: UpdateStage
  currency: Currency
  /** By default the first of the keys that the file has. */
  by: UpdateKey | undefined
  onKey: (by: UpdateKey) => void
}

const limitError = mustBe('a whole number, 1 or more, or none')

const line = z.object({
  id: number(id, 'a positive whole number').optional(),
  sku: text(maxLength.sku).optional(),
  name: text(maxLength.productName).optional(),
  enabled: flag.optional(),
  max_per_order: z
    .union([z.literal('none').transform(() => null), number(limit, 'a whole number')], {error: limitError})
    .optional(),
  currency: z.string().toUpperCase().pipe(currencyCode).optional(),
  effective_from: time.optional(),
})

const quantityRange = `a whole number from 0 to ${maxOnHand}`
const quantity = number(
  z.int({error: mustBe(quantityRange), abort: true}).max(maxOnHand, {error: mustBe(quantityRange)}),
  quantityRange,
)

const columns = [...Object.keys(line.shape), 'price', 'stock']
const expected = `the columns are ${columns.join(', ')}, price:CURRENCY and stock:POOL`

/** Changes of products, below a header of the shop's own columns or of another shop's. */
export function readUpdates(options: UpdateOptions): FixtureReader {
  return readTable(1, (header) => {
    const readExport = openExport(header, options, (product) => {
      options.stage.add(product.place, toUpdate(product, options))
    })
    if (readExport === undefined) return readOwn(header, options)
    const by = options.by ?? 'sku'
    if (by === 'id') refuse(header.line, 'has no ids of this shop; use --by sku or --by name')
    options.onKey(by)
    return readExport
  })
}

function toUpdate(
  {place, name, sku, ...product}: SoldProduct,
  {by = 'sku', currency, stage}: UpdateOptions,
): LineUpdate {
  const {enabled, amount, quantity: units, maxPerOrder} = product
  if (by === 'sku' && sku === undefined) noteProblem(place, `"${name}" has no SKU; use --by name`)
  if (units === undefined) stage.leftovers.uncounted++
  return {
    name,
    sku,
    enabled,
    maxPerOrder,
    prices: amount === undefined ? [] : [{currency, amount, effectiveFrom: undefined}],
    stock: units === undefined ? [] : [[defaultPool, units]],
  }
}

type PriceColumn = {column: string; currency: Currency | undefined}
type StockColumn = {column: string; pool: string}

type Header = {names: string[]; by: UpdateKey; prices: PriceColumn[]; pools: StockColumn[]; separator: string}

function readOwn(tableHeader: TableHeader, options: UpdateOptions): (fields: string[], line: number) => void {
  const header = readHeader(tableHeader, options.by)
  options.stage.pools = header.pools.map(({pool}) => pool)
  options.onKey(header.by)
  const minFields = header.names.indexOf(header.by) + 1
  return (fields, lineNumber) => {
    const place = options.stage.place(`line ${lineNumber}`)
    const row = toRow(fields, {names: header.names, minFields}, place)
    if (row) stageLine(row, header, place, options)
  }
}

function stageLine(row: CsvRow, header: Header, place: RecordPlace, {stage, currency}: UpdateOptions): void {
  const {by, prices, pools, separator} = header
  if (row[by] === undefined) {
    noteProblem(place, `${by} is missing; it tells which product the line is about`)
    return
  }
  const parsed = parseRecord(line, row, place)
  if (!parsed) return
  const {
    currency: ownCurrency = currency,
    effective_from: effectiveFrom,
    max_per_order: maxPerOrder,
    ...update
  } = parsed
  const given = prices.filter(({column}) => row[column] !== undefined)
  const currencies = given.map(({currency: named = ownCurrency}) => named)
  for (const twice of repeated(currencies)) noteProblem(place, `has two prices in ${twice}`)
  stage.add(place, {
    ...update,
    maxPerOrder,
    prices: given.map(({column, currency: named = ownCurrency}) => ({
      currency: named,
      amount: readCsvAmount(row[column] ?? '', {currency: named, separator}, place),
      effectiveFrom,
    })),
    stock: pools.flatMap(({column, pool}): [string, number][] => {
      if (row[column] === undefined) return []
      const result = quantity.safeParse(row[column])
      if (result.success) return [[pool, result.data]]
      noteProblem(place, `${column} ${result.error.issues[0]?.message ?? ''}`)
      return []
    }),
  })
}

const ofCurrency = /^\s*price\s*:\s*([a-z]{3})\s*$/i
const ofPool = /^\s*stock\s*:\s*(.*\S)\s*$/i

/** Throws InvalidFixtureError. */
function readHeader({fields, line: lineNumber, separator}: TableHeader, given: UpdateKey | undefined): Header {
  const prices: PriceColumn[] = []
  const pools: StockColumn[] = []
  const names = fields.map((field) => {
    const currency = ofCurrency.exec(field)?.[1]?.toUpperCase()
    if (currency !== undefined && isCurrency(currency)) {
      prices.push({column: `price:${currency}`, currency})
      return `price:${currency}`
    }
    const pool = ofPool.exec(field)?.[1]
    if (pool !== undefined) {
      pools.push({column: `stock:${pool}`, pool})
      return `stock:${pool}`
    }
    const name = toColumn(field)
    if (name === 'price') prices.push({column: name, currency: undefined})
    if (name === 'stock') pools.push({column: name, pool: defaultPool})
    return name
  })
  while (names.at(-1) === '') names.pop()
  const known = new Set([...columns, ...prices.map(({column}) => column), ...pools.map(({column}) => column)])
  const changes = new Set([...known].filter((name) => !['id', 'currency', 'effective_from'].includes(name)))
  const by = given ?? updateKeys.find((key) => names.includes(key))
  const poolNames = pools.map(({pool}) => pool)
  const faults = [
    ...(names.length > maxColumns ? [`has more than ${maxColumns} columns`] : []),
    ...(by === undefined || !names.includes(by)
      ? [`lacks the column ${by ?? 'id, sku or name'}, which identifies the product`]
      : []),
    ...(names.some((name) => name !== by && changes.has(name)) ? [] : ['has no column to change']),
    ...describeUnknown([...new Set(names)].filter((name) => name !== '' && !known.has(name))),
    ...repeated(names.filter((name) => name !== '')).map((name) => `has the column ${name} twice`),
    ...repeated(poolNames).map((pool) => `has the stock of pool ${pool} twice`),
  ]
  if (faults.length > 0 || by === undefined) refuse(lineNumber, `the header ${faults.join(', ')}; ${expected}`)
  return {names, by, prices, pools, separator}
}

function repeated(names: string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))]
}

function refuse(lineNumber: number, reason: string): never {
  throw new InvalidFixtureError([{record: `line ${lineNumber}`, reason}])
}
