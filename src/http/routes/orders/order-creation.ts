import {PlacedOrder} from '../../../json/schemas.ts'
import {placedOrderJson, type PlacedOrderJson} from '../../../json/order.ts'
import {newOrder} from '../../../services/checkout/new-order.ts'
import {parseBody} from '../../drf/fields.ts'
import {toAmount} from '../../drf/money-fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import {defineResource, type Resource} from '../../resource.ts'
import {idempotencyKey, idempotentReplayed, readIdempotencyKey} from '../parameters.ts'
import {createItemsReader, describeOrderBody, orderFields, readOrderForm} from './order-body.ts'

const header = idempotencyKey({
  description:
    'An order that is sent several times with the same key is placed only once. Use a new key, such as a UUID, for ' +
    'each order.',
  example: '3f0c9d4e-7d0c-4b6e-9a57-0d3a6c1f2b11',
})

export const examplePlacedOrder: PlacedOrderJson = {
  order_id: 1,
  message: 'Successfully created order',
  created_at: '2026-11-24T10:59:16.067270Z',
  total_price: '4.25',
  currency: 'USD',
}

const operation: Omit<Operation, 'body'> = {
  operationId: 'createOrder',
  tag: 'Orders',
  summary: 'Place an order',
  description: 'Places the whole order or none of it. The stock is taken immediately, and the current prices apply.',
  security: 'required',
  parameters: {header},
  answers: {
    201: {
      description: 'The order was placed, by this request or by an earlier one with the same Idempotency-Key.',
      body: PlacedOrder,
      headers: idempotentReplayed('Present if an earlier request with the same Idempotency-Key placed the order.'),
      examples: {
        placed: examplePlacedOrder,
      },
    },
  },
  problems: [
    'checkout_busy',
    'idempotency_key_reused',
    'invalid_idempotency_key',
    'invalid_order',
    'order_abandoned',
    'out_of_stock',
    'outcome_unknown',
    'quantity_limit',
    'stock_locked',
    'token_ended',
    'total_mismatch',
  ],
}

/** `orderItems` is the most items that an order may have. */
export function orderCreation({orderItems}: {orderItems: number}): Resource {
  const fields = orderFields(orderItems)
  const readBody = createItemsReader(orderItems)

  return defineResource({
    path: '/orders/create/',
    formerPath: '/order/create/',
    name: 'Order Create',
    operations: {PUT: {...operation, body: describeOrderBody(fields)}},
    handle({callers, checkout, currency: defaultCurrency}) {
      return {
        enter: async (request) => callers.enter(request, ['PUT']),
        methods: {
          async PUT(request, response, caller: OrderCaller) {
            const {order, isReplay} = await callers.serve(request, caller, async () => {
              const body = await readBody(request, response)
              const data = body.kind === 'json' ? body.value : readOrderForm(body.fields)
              const {items, currency = defaultCurrency, expected_total: expected} = parseBody(fields, data)
              const order = newOrder({
                ...caller,
                currency,
                items: items.map(({product_id, quantity}) => ({productId: product_id, quantity})),
                maxItems: orderItems,
                ...(expected && {expectedTotal: toAmount('expected_total', expected, currency)}),
                ...readIdempotencyKey(request),
              })
              return checkout.place(order, () => request.socket.destroyed)
            })
            if (isReplay) response.set('idempotent-replayed', 'true')
            response.status(201).json(placedOrderJson(order))
          },
        },
      }
    },
  })
}
