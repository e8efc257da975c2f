import type {Request, Router} from 'express'

import {UnknownOrderError} from '../../errors.ts'
import {orderJson, pageJson, placedOrderJson} from '../../json.ts'
import {cancelOrder} from '../../services/cancel-order.ts'
import {newOrder} from '../../services/checkout/order.ts'
import {findOrder, listOrders} from '../../services/orders.ts'
import type {AppContext} from '../app.ts'
import {requireUser} from '../authenticate.ts'
import {readBody} from '../body.ts'
import {integerField, listField, objectField, parseBody} from '../fields.ts'
import {parseHtmlList} from '../html-list.ts'
import {currencyField, decimalField, toAmount} from '../money-fields.ts'
import {address, linkTo, readPage} from '../page-links.ts'
import {HttpProblem} from '../problem.ts'
import {createOrderCallers} from '../order-caller.ts'
import {addResource} from '../resource.ts'
import {createShare} from '../share.ts'

const OrderBody = objectField({
  items: listField(objectField({product_id: integerField(), quantity: integerField()})),
  currency: currencyField().optional(),
  expected_total: decimalField().optional(),
})

export function addOrderRoutes(
  router: Router,
  {db, findTokenUser, checkout, currency: defaultCurrency}: AppContext,
): void {
  const share = createShare()
  const callers = createOrderCallers(findTokenUser)
  const enter = async (request: Request) => requireUser(findTokenUser, request)

  addResource(router, ['/orders/create', '/order/create'], {
    name: 'Order Create',
    enter: callers.enter,
    methods: {
      async PUT(request, response, caller) {
        const {order, isReplay} = await callers.serve(request, caller, async () => {
          const body = await readBody(request, response)
          const data = body.kind === 'json' ? body.value : readOrderForm(body.fields)
          const {items, currency = defaultCurrency, expected_total: expected} = parseBody(OrderBody, data)
          const order = newOrder({
            ...caller,
            currency,
            items: items.map(({product_id, quantity}) => ({productId: product_id, quantity})),
            ...(expected && {expectedTotal: toAmount('expected_total', expected, currency)}),
            ...readIdempotencyKey(request),
          })
          return checkout.place(order, () => request.socket.destroyed)
        })
        if (isReplay) response.set('idempotent-replayed', 'true')
        response.status(201).json(placedOrderJson(order))
      },
    },
  })

  addResource(router, ['/orders/history', '/order/history'], {
    name: 'Order List',
    enter,
    methods: {
      async GET(request, response, user) {
        // The links depend on the whole address.
        const body = await share(`${user.id} ${address(request).href}`, async () => {
          const page = await listOrders(db, {...readPage(request), userId: user.id})
          return Buffer.from(JSON.stringify(pageJson(page, orderJson, linkTo(request))))
        })
        response.set('cache-control', 'private, no-store').type('json').send(body)
      },
    },
  })

  addResource(router, [/^\/orders\/(?<id>\d+)\/?$/], {
    name: 'Order Detail',
    enter,
    methods: {
      async GET(request, response, user) {
        const order = await findOrder(db, {id: readOrderId(request), userId: user.id})
        response.set('cache-control', 'private, no-store').json(orderJson(order))
      },
    },
  })

  addResource(router, [/^\/orders\/(?<id>\d+)\/cancel\/?$/], {
    name: 'Order Cancel',
    enter,
    methods: {
      async POST(request, response, user) {
        const order = await cancelOrder(db, {id: readOrderId(request), userId: user.id})
        response.json(orderJson(order))
      },
    },
  })
}

/** A field that is empty counts as one that was not sent. */
function readOrderForm(fields: URLSearchParams): Record<string, unknown> {
  const read = (name: string) => (fields.get(name) === '' ? undefined : (fields.get(name) ?? undefined))
  return {items: parseHtmlList(fields, 'items'), currency: read('currency'), expected_total: read('expected_total')}
}

/** Beyond the safe integers there is none. */
function readOrderId(request: Request): number {
  const id = Number(request.params.id)
  if (!Number.isSafeInteger(id)) throw new UnknownOrderError(id)
  return id
}

function readIdempotencyKey(request: Request): {idempotencyKey?: string} {
  const key = request.get('idempotency-key')
  if (key === undefined) return {}
  if (key.length < 1 || key.length > 255) {
    throw new HttpProblem(400, 'invalid_idempotency_key', 'An Idempotency-Key has 1 to 255 characters.')
  }
  return {idempotencyKey: key}
}
