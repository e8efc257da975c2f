import {formatAmount} from '../money.ts'
import type {LeftoverCounts} from '../services/transfer/leftovers.ts'
import type {FieldChange, LineChange} from '../services/transfer/update/list-changes.ts'
import type {UpdateResult} from '../services/transfer/update/update-products.ts'

type Value = boolean | number | string | null

export type FieldChangeJson = {
  field: FieldChange['field']
  currency: string | null
  pool: string | null
  effective_from: string | null
  from: Value
  to: Value
}

export type LineChangeJson = {record: string; product_id: number; name: string; changes: FieldChangeJson[]}

/** What update-products did, or would do. */
export type ProductUpdateJson = {
  applied: boolean
  by: string
  lines: number
  changed: number
  names: number
  skus: number
  enabled: number
  limits: number
  prices: number
  levels: number
  leftovers: LeftoverCounts
  /** The first of the lines that change something. */
  changes: LineChangeJson[]
}

export function productUpdateJson({isApplied, ...result}: UpdateResult, changes: LineChange[]): ProductUpdateJson {
  return {applied: isApplied, ...result, changes: changes.map(lineChangeJson)}
}

function lineChangeJson({record, productId, name, changes}: LineChange): LineChangeJson {
  return {record, product_id: productId, name, changes: changes.map(fieldChangeJson)}
}

function fieldChangeJson(change: FieldChange): FieldChangeJson {
  const currency = change.field === 'price' ? change.currency : null
  const show = (value: Value): Value =>
    currency !== null && typeof value === 'number' ? formatAmount(value, currency) : value
  return {
    field: change.field,
    currency,
    pool: change.field === 'stock' ? change.pool : null,
    effective_from: change.field === 'price' ? change.effectiveFrom : null,
    from: show(change.from),
    to: show(change.to),
  }
}
