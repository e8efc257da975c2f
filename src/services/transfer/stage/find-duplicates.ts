import type {Knex} from 'knex'

import {findProblems} from './find-problems.ts'
import type {Problems} from '../fixture-problems.ts'

/** Texts are compared by their bytes: sorted as people do, a million names take four times as long. */
type Unique = {table: string; columns: string[]; what: string; where?: string}

const uniques: Unique[] = [
  {table: 'staged_users', columns: ['id'], what: 'the id'},
  {table: 'staged_users', columns: ['name collate "C"'], what: 'the username'},
  {table: 'staged_tokens', columns: ['hash collate "C"'], what: 'the token'},
  {table: 'staged_products', columns: ['id'], what: 'the id'},
  {
    // Without an id, a product is known by its name.
    table: 'staged_products',
    columns: ['name collate "C"'],
    what: 'the name',
    where: 'name in (select name from staged_products where id is null)',
  },
  {table: 'staged_prices', columns: ['id'], what: 'the id'},
  {table: 'staged_orders', columns: ['id'], what: 'the id'},
  {
    table: 'staged_keys join (select seq as order_seq, user_seq from staged_orders) as orders using (order_seq)',
    columns: ['user_seq', 'key collate "C"'],
    what: 'the user and the key',
  },
]

/** Notes what is in the file twice though the shop can hold it once. */
export async function findDuplicates(trx: Knex.Transaction, problems: Problems): Promise<void> {
  for (const unique of uniques) await findProblems(trx, problems, repetitions(unique))
}

function repetitions({table, columns, what, where = 'true'}: Unique): string {
  const keys = columns.join(', ')
  return `select seq, record, format('has ${what} of %s; it must be its own', original) as reason
          from (
            select seq, record, row_number() over same as place, first_value(record) over same as original
            from ${table}
            where ${where} and (${keys}) is not null
            window same as (partition by ${keys} order by seq)
          ) as placed
          where place > 1`
}
