import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {formatAmount} from '../../../money.ts'
import {findProblems, addFound, queryProblems} from '../stage/find-problems.ts'
import type {Problems} from '../fixture-problems.ts'

/**
 * Finds the products that the shop has: by id; without an id, by SKU; without both, by name. A SKU that the shop does not
 * have belongs to a product of that name without a SKU, if there is one.
 */
export async function matchProducts(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await query(
    trx,
    `insert into known_products (seq, id, name)
     select seq, products.id, products.name
     from staged_products
     join products using (id)
     union all
     select seq, products.id, products.name
     from staged_products
     join products using (sku)
     where staged_products.id is null
     union all
     select seq, products.id, products.name
     from staged_products
     join products using (name)
     where staged_products.id is null
       and (staged_products.sku is null
         or products.sku is null and not exists (select from products as owners where owners.sku = staged_products.sku))`,
  )
  await query(trx, 'analyze known_products')
  await findProblems(
    trx,
    problems,
    `select seq, record, format('the shop has another product with id %s: "%s"', id, known_products.name) as reason
     from known_products
     join staged_products using (seq, id)
     where known_products.name <> staged_products.name`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('the shop has another product with SKU %s: %s, "%s"', sku, owners.id, owners.name) as reason
     from staged_products
     left join known_products using (seq)
     join products as owners using (sku)
     where owners.id is distinct from known_products.id
       or staged_products.id is null and owners.name <> staged_products.name`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('the shop has product %s with SKU %s', products.id, products.sku) as reason
     from known_products
     join staged_products using (seq)
     join products on products.id = known_products.id
     where products.sku <> staged_products.sku`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('the shop has one product "%s" without a SKU for this and %s', name, first) as reason
     from (
       select seq, row_number() over same as place, first_value(record) over same as first
       from known_products
       join staged_products using (seq)
       window same as (partition by known_products.id order by seq)
     ) as sharing
     join staged_products using (seq)
     where place > 1`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('the shop has %s products named "%s"; add the id of the right one', namesakes.count, name) as reason
     from (select seq, count(*) from known_products group by seq having count(*) > 1) as namesakes
     join staged_products using (seq)`,
  )
}

type Holder = {id: number; productId: number; currency: string; amount: number}

/**
 * Finds the prices that the shop has: by id; without an id, by product, currency, time and amount; without a time, any price
 * of the product in the currency counts, because an earlier load of the file gave it the time of that load.
 */
export async function matchPrices(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await query(
    trx,
    `insert into known_prices (seq)
     select staged.seq
     from staged_prices as staged
     join product_prices as known on known.id = staged.id
     union
     select staged.seq
     from staged_prices as staged
     join known_products on known_products.seq = staged.product_seq
     join product_prices as known
       on known.product_id = known_products.id
       and known.currency = staged.currency
       and (staged.effective_from is null
         or (known.effective_from, known.amount) = (staged.effective_from, staged.amount))
     where staged.id is null`,
  )
  await query(trx, 'analyze known_prices')
  const found = await queryProblems<Holder>(
    trx,
    `select staged.seq, staged.record, known.id, known.product_id as "productId", known.currency, known.amount
     from staged_prices as staged
     join product_prices as known on known.id = staged.id
     left join known_products on known_products.seq = staged.product_seq
     where (known.product_id, known.currency, known.amount, known.effective_from)
       is distinct from
       (known_products.id, staged.currency, staged.amount, coalesce(staged.effective_from, known.effective_from))`,
  )
  addFound(
    problems,
    found.map((row) => ({...row, reason: describeHolder(row)})),
  )
}

function describeHolder({id, productId, currency, amount}: Holder): string {
  return `the shop has another price with id ${id}: ${formatAmount(amount, currency)} ${currency} for product ${productId}`
}
