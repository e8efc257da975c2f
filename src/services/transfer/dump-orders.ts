import type {Knex} from 'knex'

import {readRows} from '../../db/cursor.ts'
import type {OrderRow} from '../../db/tables.ts'
import {formatAmount} from '../../money.ts'
import {RowGroups} from './group-rows.ts'
import type {NativeRecord} from './formats/native/write-native.ts'

type OrderOfUser = Pick<OrderRow, 'created_at' | 'currency' | 'id' | 'status' | 'total'> & {user: string}
type LineRow = {orderId: number; product: number; name: string; quantity: number; unitPrice: number}
type KeyRow = {orderId: number; key: string; fingerprint: string; created_at: string}

/** Dumped as history: loading orders takes no stock, because the dumped stock no longer includes theirs. */
export async function* dumpOrders(trx: Knex.Transaction): AsyncGenerator<NativeRecord> {
  const orders = readRows<OrderOfUser>(
    trx,
    'orders',
    `select orders.id, username as user, orders.created_at, status, currency, total
     from orders
     join users on users.id = user_id
     order by orders.id`,
  )
  const lines = new RowGroups(readLines(trx), ({orderId}) => orderId)
  const keys = new RowGroups(readKeys(trx), ({orderId}) => orderId)
  for await (const rows of orders) {
    for (const {total, status, ...order} of rows) {
      const {currency} = order
      const orderLines = (await lines.take(order.id)).map(({product, name, quantity, unitPrice}) => ({
        product,
        name,
        quantity,
        price: formatAmount(unitPrice, currency),
      }))
      const orderKeys = (await keys.take(order.id)).map(({key, fingerprint, created_at}) => ({
        key,
        fingerprint,
        created_at,
      }))
      const value = {
        ...order,
        ...(status !== 'placed' && {status}),
        total: formatAmount(total, currency),
        lines: orderLines,
        ...(orderKeys.length > 0 && {idempotency_keys: orderKeys}),
      }
      yield {kind: 'order', value}
    }
  }
}

function readLines(trx: Knex.Transaction): AsyncGenerator<LineRow[], void> {
  return readRows(
    trx,
    'lines',
    `select order_id as "orderId", product_id as product, product_name as name, quantity, unit_price as "unitPrice"
     from order_lines
     order by order_id, position`,
  )
}

function readKeys(trx: Knex.Transaction): AsyncGenerator<KeyRow[], void> {
  return readRows(
    trx,
    'keys',
    `select order_id as "orderId", key, fingerprint, created_at
     from idempotency_keys
     where order_id is not null
     order by order_id, user_id, key`,
  )
}
