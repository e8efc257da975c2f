/* A process of the shop without HTTP, `fork('operator.js')` with DATABASE_URL. It runs each request at once, on its own connection pool. */
import {connect} from '../../../src/db/connect.ts'
import {audit} from '../../../src/services/audit.ts'
import {cancelOrder} from '../../../src/services/orders/cancel.ts'
import {placeOrder} from '../../../src/services/checkout/place-order.ts'
import {adjustStock} from '../../../src/services/stock/adjust.ts'
import {answerRequests} from '../process-of-shop.ts'
import {usdOrder} from '../shop.ts'
import type {Answer, ShopRequest} from './requests.ts'
import {sessionsOfTests} from '../database.ts'

const db = connect(() => ({connectionString: process.env.DATABASE_URL ?? ''}), {poolSize: 6, ...sessionsOfTests})

answerRequests(db, run)

async function run(request: ShopRequest): Promise<Answer> {
  if (request.kind === 'order') {
    const {order, isReplay} = await placeOrder(db, usdOrder(request.userId, request.items, request.key))
    return {kind: 'placed', orderId: order.id, total: order.total, createdAt: order.createdAt, isReplay}
  }
  if (request.kind === 'cancel') {
    const {orderId: id, userId} = request
    await cancelOrder(db, {id, ...(userId !== undefined && {userId})})
    return {kind: 'cancelled'}
  }
  if (request.kind === 'adjust') {
    const {before, after} = await adjustStock(db, request)
    return {kind: 'adjusted', before, after}
  }
  const {findings} = await audit(db)
  return {kind: 'audited', findings: findings.map((finding) => JSON.stringify(finding))}
}
