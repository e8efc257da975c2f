import type {Knex} from 'knex'

import {findProblems} from './find-problems.ts'
import type {Problems} from '../fixture-problems.ts'

/** Text columns are compared by their bytes: sorting a million names by language rules takes four times as long. */
type Unique = {table: string; columns: string[]; what: string; where?: string; advice?: string}

const uniques: Unique[] = [
  {table: 'staged_users', columns: ['id'], what: 'id'},
  {table: 'staged_users', columns: ['name collate "C"'], what: 'username'},
  {table: 'staged_tokens', columns: ['hash collate "C"'], what: 'token'},
  {table: 'staged_products', columns: ['id'], what: 'id'},
  {table: 'staged_products', columns: ['sku'], what: 'SKU'},
  {
    // A product without an id and a SKU is identified by its name.
    table: 'staged_products',
    columns: ['name collate "C"'],
    what: 'name',
    advice: '; products with the same name must have ids or SKUs',
    where: 'name in (select name from staged_products where id is null and sku is null)',
  },
  {table: 'staged_prices', columns: ['id'], what: 'id'},
  {table: 'staged_orders', columns: ['id'], what: 'id'},
  {
    table: 'staged_keys join (select seq as order_seq, user_seq from staged_orders) as orders using (order_seq)',
    columns: ['user_seq', 'key collate "C"'],
    what: 'user and key',
  },
]

/** Adds a problem for each record that repeats a value which must be unique. */
export async function findDuplicates(trx: Knex.Transaction, problems: Problems): Promise<void> {
  for (const unique of uniques) await findProblems(trx, problems, repetitions(unique))
}

function repetitions({table, columns, what, where = 'true', advice = ''}: Unique): string {
  const keys = columns.join(', ')
  return `select seq, record, format('has the same ${what} as %s${advice}', original) as reason
          from (
            select seq, record, row_number() over same as place, first_value(record) over same as original
            from ${table}
            where ${where} and (${keys}) is not null
            window same as (partition by ${keys} order by seq)
          ) as placed
          where place > 1`
}
