/* A process of the shop without HTTP, `fork('operator.js')` with DATABASE_URL. It runs each request at once, on its own connection pool. */
import {connect} from '../../../src/db/connect.ts'
import {OutOfStockError, ShopError} from '../../../src/errors.ts'
import {audit} from '../../../src/services/audit.ts'
import {cancelOrder} from '../../../src/services/orders/cancel.ts'
import {placeOrder} from '../../../src/services/checkout/place-order.ts'
import {adjustStock} from '../../../src/services/stock/adjust.ts'
import {usdOrder} from '../shop.ts'
import type {Answer, ShopRequest} from './requests.ts'

export type OperatorRequest = {id: number; request: ShopRequest}
export type OperatorAnswer = {id: number; answer: Answer}

const db = connect(() => ({connectionString: process.env.DATABASE_URL ?? ''}), {poolSize: 6})

process.on('message', ({id, request}: OperatorRequest) => {
  void run(request)
    .catch(refuse)
    .then((answer) => process.send?.({id, answer} satisfies OperatorAnswer))
})
process.on('disconnect', () => void db.destroy())

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

function refuse(error: unknown): Answer {
  if (!(error instanceof ShopError)) return {kind: 'failed', message: String(error)}
  return {kind: 'refused', code: error.code, shortages: error instanceof OutOfStockError ? error.shortages : []}
}
