import {Order, pageOf} from '../../../json/schemas.ts'
import {orderJson} from '../../../json/order.ts'
import {pageJson} from '../../../json/page.ts'
import {listOrders} from '../../../services/orders/history.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import {linkTo, PageQuery, readPage, requestUrl} from '../page-links.ts'
import {defineResource} from '../../resource.ts'
import {createCoalescer} from '../../coalesce.ts'
import {exampleOrder} from './order.ts'
import {noStoreHeaders} from '../parameters.ts'

const listOrdersOperation: Operation = {
  operationId: 'listOrders',
  tag: 'Orders',
  summary: "List the caller's orders",
  description: 'The newest order comes first.',
  security: 'required',
  parameters: {query: PageQuery},
  answers: {
    200: {
      description: 'A page of orders.',
      body: pageOf(Order).meta({id: 'OrderPage'}),
      headers: noStoreHeaders,
      examples: {'the only order': {count: 1, next: null, previous: null, results: [exampleOrder]}},
    },
  },
  problems: ['invalid_page'],
}

export const orderHistory = defineResource({
  path: '/orders/history/',
  formerPath: '/order/history/',
  name: 'Order List',
  operations: {GET: listOrdersOperation},
  handle({db, findTokenUser}) {
    const coalesce = createCoalescer()
    return {
      enter: async (request) => requireUser(findTokenUser, request),
      methods: {
        async GET(request, response, user) {
          // The key is the whole address, because the links depend on it.
          const body = await coalesce(`${user.id} ${requestUrl(request).href}`, async () => {
            const page = await listOrders(db, {...readPage(request), userId: user.id})
            return Buffer.from(JSON.stringify(pageJson(page, orderJson, linkTo(request))))
          })
          response.set('cache-control', 'private, no-store').type('json').send(body)
        },
      },
    }
  },
})
