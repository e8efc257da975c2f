import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {priceAt} from '../../products/prices.ts'
import type {Problems} from '../fixture-problems.ts'
import type {UpdateKey} from '../formats/csv/read-updates.ts'
import {findProblems} from '../stage/find-problems.ts'

/**
 * Compares the lines with the shop, and fills `product_changes`, `price_changes` and `level_changes`. What agrees is not in
 * them. If they are filled already, compares only the lines that they are about.
 */
export async function findChanges(
  trx: Knex.Transaction,
  problems: Problems,
  {by, again = false}: {by: UpdateKey; again?: boolean},
): Promise<void> {
  if (again) await query(trx, restrictLines)
  for (const statement of [productChanges(by), priceChanges, levelChanges]) await query(trx, statement)
  await query(trx, 'analyze product_changes, price_changes, level_changes')
  if (again) await findDeletedProducts(trx, problems)
  await findTakenSkus(trx, problems)
  await findHeldStock(trx, problems)
}

/** Leaves only the lines that change something, and what they change is found anew. */
const restrictLines = `
  delete from matched_lines
  where seq not in (${['product', 'price', 'level'].map((kind) => `select seq from ${kind}_changes`).join(' union all ')});
  truncate product_changes, price_changes, level_changes`

function productChanges(by: UpdateKey): string {
  // The column that identifies the product does not change it.
  const name = by === 'name' ? 'products.name' : 'coalesce(line.name, products.name)'
  const sku = by === 'sku' ? 'products.sku' : 'coalesce(line.sku, products.sku)'
  return `
    insert into product_changes
      (seq, product_id, old_name, name, old_sku, sku, old_enabled, enabled, old_limit, max_per_order)
    select *
    from (
      select seq, products.id, products.name as old_name, ${name} as name, products.sku as old_sku, ${sku} as sku,
             products.enabled as old_enabled, coalesce(line.enabled, products.enabled) as enabled,
             products.max_per_order as old_limit,
             nullif(coalesce(line.max_per_order, products.max_per_order), 0) as max_per_order
      from matched_lines
      join update_lines as line using (seq)
      join products on products.id = product_id
    ) as compared
    where (old_name, old_sku, old_enabled, old_limit) is distinct from (name, sku, enabled, max_per_order)`
}

/** Compares with the price at the time from which the new one would be in effect. */
const priceChanges = `
  insert into price_changes (seq, product_id, currency, old_amount, amount, effective_from)
  select seq, matched_lines.product_id, line.currency, price.amount, line.amount, line.effective_from
  from matched_lines
  join update_prices as line using (seq)
  left join lateral (
    ${priceAt('matched_lines.product_id', 'line.currency', 'coalesce(line.effective_from, statement_timestamp())')}
  ) as price on true
  where price.amount is distinct from line.amount`

const levelChanges = `
  insert into level_changes (seq, product_id, pool_id, old_quantity, quantity)
  select seq, matched_lines.product_id, stock_pools.id, level.on_hand, line.quantity
  from matched_lines
  join update_levels as line using (seq)
  join stock_pools on stock_pools.name = line.pool
  left join stock_levels as level on level.product_id = matched_lines.product_id and level.pool_id = stock_pools.id
  where coalesce(level.on_hand, 0) <> line.quantity`

async function findDeletedProducts(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await findProblems(
    trx,
    problems,
    `select seq, record, format('product %s has been deleted', product_id) as reason
     from matched_lines
     join update_lines using (seq)
     where not exists (select from products where products.id = product_id)`,
  )
}

async function findTakenSkus(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await findProblems(
    trx,
    problems,
    `select change.seq, record, format('SKU %s belongs to product %s, "%s"', owner.sku, owner.id, owner.name) as reason
     from product_changes as change
     join products as owner on owner.sku = change.sku and owner.id <> change.product_id
     join update_lines as line on line.seq = change.seq
     where change.sku is distinct from change.old_sku
       and not exists (
         select from product_changes as freed where freed.product_id = owner.id and freed.sku is distinct from owner.sku
       )`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('gives the SKU %s, as does %s', sku, original) as reason
     from (
       select seq, record, change.sku, row_number() over same as place, first_value(record) over same as original
       from product_changes as change
       join update_lines using (seq)
       where change.sku is distinct from change.old_sku
       window same as (partition by change.sku order by seq)
     ) as placed
     where place > 1`,
  )
}

/** Holds that have expired are not in the way. */
async function findHeldStock(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await findProblems(
    trx,
    problems,
    `select seq, record,
            format('the stock of pool %s must be at least %s, which baskets hold, not %s', pool.name, held, quantity) as reason
     from level_changes as change
     join stock_levels as level using (product_id, pool_id)
     join stock_pools as pool on pool.id = pool_id
     join update_lines using (seq)
     cross join lateral (
       select coalesce(sum(hold.quantity), 0) as held
       from stock_reservations as hold
       where hold.product_id = level.product_id and hold.pool_id = level.pool_id
         and hold.expires_at > statement_timestamp()
     ) as holds
     where level.reserved > 0 and change.quantity < level.reserved and change.quantity < held`,
  )
}
