import type {Request} from 'express'

import {UnknownOrderError} from '../../../errors.ts'
import {Order} from '../../../json/schemas.ts'
import {orderJson, type OrderJson} from '../../../json/order.ts'
import {findOrder} from '../../../services/orders/history.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {IdPath, noStoreHeaders, readId} from '../parameters.ts'

export const exampleOrder: OrderJson = {
  id: 1,
  created_at: '2026-11-24T10:59:16.067270Z',
  status: 'placed',
  total_price: '4.25',
  currency: 'USD',
  items: [{product_id: 6, product: 'Sourdough Bread', product_price: '4.25', currency: 'USD', quantity: 1}],
}

const getOrder: Operation = {
  operationId: 'getOrder',
  tag: 'Orders',
  summary: 'Get an order',
  description: "Returns one of the caller's orders, in the same format as the order history.",
  security: 'required',
  parameters: {path: IdPath},
  answers: {
    200: {description: 'The order.', body: Order, headers: noStoreHeaders, examples: {placed: exampleOrder}},
  },
  problems: ['unknown_order'],
}

export const order = defineResource({
  path: '/orders/{id}/',
  name: 'Order Detail',
  operations: {GET: getOrder},
  handle: ({db, findTokenUser}) => ({
    enter: async (request) => requireUser(findTokenUser, request),
    methods: {
      async GET(request, response, user) {
        const found = await findOrder(db, {id: readOrderId(request), userId: user.id})
        response.set('cache-control', 'private, no-store').json(orderJson(found))
      },
    },
  }),
})

export function readOrderId(request: Request): number {
  const id = readId(request)
  if (id === undefined) throw new UnknownOrderError(Number(request.params.id))
  return id
}
