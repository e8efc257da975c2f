import type {Request} from 'express'

import {UnknownOrderError} from '../../../errors.ts'
import {Order as OrderSchema, OrderWithPayment} from '../../../json/schemas.ts'
import {orderJson, type OrderJson} from '../../../json/order.ts'
import {findOrder, type Order} from '../../../services/orders/history.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource, type Limits, type Resource} from '../../resource.ts'
import {IdPath, noStoreHeaders, readId} from '../parameters.ts'

const exampleOrder: OrderJson = {
  id: 1,
  created_at: '2026-11-24T10:59:16.067270Z',
  status: 'placed',
  total_price: '4.25',
  currency: 'USD',
  items: [{product_id: 6, product: 'Sourdough Bread', product_price: '4.25', currency: 'USD', quantity: 1}],
}

type OrderFormat = {
  schema: typeof OrderSchema | typeof OrderWithPayment
  example: OrderJson
  toJson: (order: Order) => OrderJson
}

/** The orders of a shop with these settings. Without payments, they are as in the shop before this one. */
export function orderFormat({provider}: Pick<Limits, 'provider'>): OrderFormat {
  const showsPayment = provider !== undefined
  return {
    schema: showsPayment ? OrderWithPayment : OrderSchema,
    example: showsPayment ? {...exampleOrder, payment_status: 'paid'} : exampleOrder,
    toJson: (order) => orderJson(order, {showsPayment}),
  }
}

const operation: Omit<Operation, 'answers'> = {
  operationId: 'getOrder',
  tag: 'Orders',
  summary: 'Get an order',
  description: "Returns one of the caller's orders, in the same format as the order history.",
  security: 'required',
  parameters: {path: IdPath},
  problems: ['unknown_order'],
}

export function orderDetail(limits: Pick<Limits, 'provider'>): Resource {
  const {schema, example, toJson} = orderFormat(limits)
  const answers = {
    200: {description: 'The order.', body: schema, headers: noStoreHeaders, examples: {placed: example}},
  }
  return defineResource({
    path: '/orders/{id}/',
    name: 'Order Detail',
    operations: {GET: {...operation, answers}},
    handle: ({readOrders, findTokenUser}) => ({
      enter: async (request) => requireUser(findTokenUser, request),
      methods: {
        async GET(request, response, user) {
          const key = {id: readOrderId(request), userId: user.id}
          const found = await readOrders(user, async (db) => findOrder(db, key))
          response.json(toJson(found))
        },
      },
    }),
  })
}

export function readOrderId(request: Request): number {
  const id = readId(request)
  if (id === undefined) throw new UnknownOrderError(Number(request.params.id))
  return id
}
