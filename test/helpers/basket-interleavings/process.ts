/* A process of the shop, `fork('process.js')` with DATABASE_URL, that runs each request at once. */
import {connect} from '../../../src/db/connect.ts'
import {query} from '../../../src/db/query.ts'
import {defaultHoldSettings} from '../../../src/hold-settings.ts'
import {audit} from '../../../src/services/audit.ts'
import {sweep} from '../../../src/services/baskets/sweeper.ts'
import {newChange, newCheckout} from '../../../src/services/checkout/jobs.ts'
import {newOrder} from '../../../src/services/checkout/new-order.ts'
import {CheckoutQueue} from '../../../src/services/checkout/queue.ts'
import {cancelOrder} from '../../../src/services/orders/cancel.ts'
import {adjustStock} from '../../../src/services/stock/adjust.ts'
import {answerRequests} from '../process-of-shop.ts'
import type {Answer, Request} from './requests.ts'
import {sessionsOfTests} from '../database.ts'

const currency = 'USD'
const db = connect(() => ({connectionString: process.env.DATABASE_URL ?? ''}), {poolSize: 6, ...sessionsOfTests})
const queue = new CheckoutQueue(db, {
  lanes: 2,
  batchSize: 10,
  limit: 1000,
  holds: {...defaultHoldSettings, holdUserRate: 1_000_000},
})

answerRequests(db, run)

async function run(request: Request): Promise<Answer> {
  switch (request.kind) {
    case 'change': {
      const {basket} = await queue.change(newChange({...request, currency}))
      const lines = basket?.items.map(({productId, quantity, held}) => ({productId, quantity, held})) ?? []
      return {kind: 'changed', lines}
    }
    case 'checkout':
      return placed(await queue.place(newCheckout({...request, currency})))
    case 'order':
      return placed(await queue.place(newOrder({...request, currency})))
    case 'cancel':
      await cancelOrder(db, {id: request.orderId})
      return {kind: 'done'}
    case 'adjust':
      await adjustStock(db, {productId: request.productId, pool: 'default', change: {by: request.by}})
      return {kind: 'done'}
    case 'expire':
      await expire(request.userId)
      return {kind: 'done'}
    case 'sweep':
      await sweep(db)
      return {kind: 'done'}
    case 'audit': {
      const {findings} = await audit(db)
      return {kind: 'audited', findings: findings.map((finding) => JSON.stringify(finding))}
    }
  }
}

function placed({order}: {order: {id: number}}): Answer {
  return {kind: 'placed', orderId: order.id}
}

/** Holds are changed only while their stock levels are locked. */
async function expire(userId: number): Promise<void> {
  await db.transaction(
    async (trx) => {
      await query(
        trx,
        `select from stock_levels
         where (product_id, pool_id) in (
           select product_id, pool_id from stock_reservations join baskets on baskets.id = basket_id where user_id = ?
         )
         order by product_id, pool_id
         for update`,
        [userId],
      )
      await query(
        trx,
        `update stock_reservations set expires_at = statement_timestamp()
         from baskets
         where baskets.id = basket_id and user_id = ? and expires_at > statement_timestamp()`,
        [userId],
      )
    },
    {isolationLevel: 'read committed'},
  )
}
