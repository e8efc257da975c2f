import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import type {Problems} from '../fixture-problems.ts'
import type {UpdateKey} from '../formats/csv/read-updates.ts'
import {findProblems} from '../stage/find-problems.ts'

/** Finds the product of each line. Adds a problem for each that has none, several, or one that another line has as well. */
export async function matchLines(trx: Knex.Transaction, problems: Problems, by: UpdateKey): Promise<void> {
  await query(
    trx,
    `insert into matched_lines (seq, product_id)
     select seq, products.id from update_lines join products using (${by})`,
  )
  await query(trx, 'analyze matched_lines')
  await findProblems(trx, problems, unknownProducts(by))
  await findProblems(
    trx,
    problems,
    `select seq, record,
            format('the shop has %s products named "%s" (%s%s); use their ids', count, name,
                   array_to_string(ids[1:5], ', '), case when count > 5 then ', ...' else '' end) as reason
     from (
       select seq, count(*), array_agg(product_id order by product_id) as ids
       from matched_lines
       group by seq
       having count(*) > 1
     ) as namesakes
     join update_lines using (seq)`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('is about product %s, as is %s', product_id, original) as reason
     from (
       select seq, record, product_id, row_number() over same as place, first_value(record) over same as original
       from matched_lines
       join update_lines using (seq)
       window same as (partition by product_id order by seq)
     ) as placed
     where place > 1`,
  )
  // With another key, an id is not needed, and must not contradict it.
  await findProblems(
    trx,
    problems,
    `select seq, record, format('has the id %s, but the shop has this product with id %s', id, product_id) as reason
     from matched_lines
     join update_lines using (seq)
     where id <> product_id`,
  )
}

const descriptions: Record<UpdateKey, string> = {
  id: `'there is no product %s'`,
  sku: `'there is no product with SKU %s'`,
  name: `'there is no product named "%s"'`,
}

function unknownProducts(by: UpdateKey): string {
  return `select seq, record, format(${descriptions[by]}, ${by}) as reason
          from update_lines
          where ${by} is not null and not exists (select from matched_lines where matched_lines.seq = update_lines.seq)`
}
