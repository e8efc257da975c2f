import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {findProblems, addFound, queryProblems} from '../stage/find-problems.ts'
import type {Problems} from '../fixture-problems.ts'

/** Finds the orders that the shop has, by id. Their user, time, currency and total never change, so they must be equal. */
export async function matchOrders(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await query(trx, 'insert into known_orders (seq, id) select seq, id from staged_orders join orders using (id)')
  const found = await queryProblems<{id: number; createdAt: string}>(
    trx,
    `select staged.seq, staged.record, known.id, known.created_at as "createdAt"
     from staged_orders as staged
     join orders as known on known.id = staged.id
     left join known_users on known_users.seq = staged.user_seq
     where (known.user_id, known.currency, known.total, known.created_at)
       is distinct from (known_users.id, staged.currency, staged.total, staged.created_at)`,
  )
  addFound(
    problems,
    found.map((row) => ({...row, reason: `the shop has another order with id ${row.id}, placed at ${row.createdAt}`})),
  )
  await findProblems(
    trx,
    problems,
    `select staged.seq, staged.record,
            format('the shop has this idempotency key for %s', coalesce('order ' || known.order_id, 'a basket')) as reason
     from staged_keys as staged
     join staged_orders as orders on orders.seq = staged.order_seq
     join known_users on known_users.seq = orders.user_seq
     join idempotency_keys as known on known.user_id = known_users.id and known.key = staged.key
     where known.order_id is distinct from orders.id`,
  )
}
