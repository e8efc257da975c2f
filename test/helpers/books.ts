import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import {audit} from '../../src/services/audit.ts'
import type {Purchase} from './buyers.ts'

type Kept = {id: number; items: Purchase['items']}

/** Compares the answers that buyers got with the tables, order by order. */
export async function checkBooks(t: ExecutionContext, db: Knex, purchases: Purchase[]): Promise<void> {
  const orders = await query<Kept>(
    db,
    `select orders.id,
            json_agg(json_build_object('product_id', product_id, 'quantity', quantity) order by position) as items
     from orders
     left join order_lines on order_id = orders.id
     group by orders.id`,
  )
  const byItems = new Map<string, Kept[]>()
  for (const order of orders) {
    const items = JSON.stringify(order.items)
    byItems.set(items, [...(byItems.get(items) ?? []), order])
  }
  const wrong = purchases.filter(({items, answer}) => !agrees(answer, byItems.get(JSON.stringify(items)) ?? []))
  t.deepEqual(wrong, [])
  for (const {items} of purchases) byItems.delete(JSON.stringify(items))
  t.deepEqual([...byItems.values()], [])
  t.deepEqual((await audit(db)).findings, [])
}

function agrees(answer: Purchase['answer'], orders: Kept[]): boolean {
  if (!answer || answer.code === 'outcome_unknown') return orders.length <= 1
  if (answer.status === 201) return orders.length === 1 && orders[0]?.id === answer.orderId
  return answer.status === 503 && orders.length === 0
}
