import type {Knex} from 'knex'

import {readRows} from '../../../db/cursor.ts'
import {onlyRow, query} from '../../../db/query.ts'
import type {Currency} from '../../../money.ts'

/** What one line changes. */
export type LineChange = {
  /** Its place in the file: `line 3`. */
  record: string
  productId: number
  /** The name of the product before the change. */
  name: string
  changes: FieldChange[]
}

export type FieldChange =
  | {field: 'enabled'; from: boolean; to: boolean}
  | {field: 'max_per_order'; from: number | null; to: number | null}
  | {field: 'name' | 'sku'; from: string | null; to: string}
  /** In minor units. `effectiveFrom` is null for now. */
  | {field: 'price'; currency: Currency; effectiveFrom: string | null; from: number | null; to: number}
  | {field: 'stock'; pool: string; from: number | null; to: number}

/** How many products, prices and so on change. */
export type ChangeCounts = {
  lines: number
  /** Lines that change something. */
  changed: number
  names: number
  skus: number
  enabled: number
  limits: number
  prices: number
  levels: number
}

export async function countChanges(trx: Knex.Transaction): Promise<ChangeCounts> {
  const counts = await query<Omit<ChangeCounts, 'changed' | 'lines'>>(
    trx,
    `select count(*) filter (where name <> old_name) as names,
            count(*) filter (where sku is distinct from old_sku) as skus,
            count(*) filter (where enabled <> old_enabled) as enabled,
            count(*) filter (where max_per_order is distinct from old_limit) as limits,
            (select count(*) from price_changes) as prices,
            (select count(*) from level_changes) as levels
     from product_changes`,
  )
  const lines = await query<{lines: number; changed: number}>(
    trx,
    `select (select count(*) from update_lines) as lines, (select count(*) from (${changedLines}) as changed) as changed`,
  )
  return {...onlyRow(lines), ...onlyRow(counts)}
}

const changedLines = ['product', 'price', 'level'].map((kind) => `select seq from ${kind}_changes`).join(' union ')

/** What every line changes, in the order of the file. */
export async function* listChanges(trx: Knex.Transaction, limit?: number): AsyncGenerator<LineChange, void> {
  const sql = limit === undefined ? selectChanges : `${selectChanges} limit ${limit}`
  for await (const rows of readRows<LineChange>(trx, 'line_changes', sql)) yield* rows
}

const selectChanges = `
  select record, product_id as "productId", old_name as name, changes
  from (
    select seq, product_id, json_agg(change order by place, key) as changes
    from (
      select seq, product_id, 1 as place, '' as key, json_build_object('field', 'name', 'from', old_name, 'to', name) as change
      from product_changes
      where name <> old_name
      union all
      select seq, product_id, 2, '', json_build_object('field', 'sku', 'from', old_sku, 'to', sku)
      from product_changes
      where sku is distinct from old_sku
      union all
      select seq, product_id, 3, '', json_build_object('field', 'enabled', 'from', old_enabled, 'to', enabled)
      from product_changes
      where enabled <> old_enabled
      union all
      select seq, product_id, 4, '', json_build_object('field', 'max_per_order', 'from', old_limit, 'to', max_per_order)
      from product_changes
      where max_per_order is distinct from old_limit
      union all
      select seq, product_id, 5, currency,
             json_build_object('field', 'price', 'currency', currency,
               'effectiveFrom', to_char(effective_from at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
               'from', old_amount, 'to', amount)
      from price_changes
      union all
      select seq, product_id, 6, pool.name,
             json_build_object('field', 'stock', 'pool', pool.name, 'from', old_quantity, 'to', quantity)
      from level_changes
      join stock_pools as pool on pool.id = pool_id
    ) as single
    group by seq, product_id
  ) as grouped
  join update_lines using (seq)
  join (select id, name as old_name from products) as product on product.id = product_id
  order by seq`
