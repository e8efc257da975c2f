import {pageOf} from '../../../json/schemas.ts'
import {pageJson} from '../../../json/page.ts'
import {listOrders} from '../../../services/orders/history.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import {linkTo, PageQuery, readPage, requestUrl} from '../page-links.ts'
import {defineResource, type Limits, type Resource} from '../../resource.ts'
import {createCoalescer, readKey} from '../../coalesce.ts'
import {orderFormat} from './order.ts'
import {noStoreHeaders} from '../parameters.ts'

const operation: Omit<Operation, 'answers'> = {
  operationId: 'listOrders',
  tag: 'Orders',
  summary: "List the caller's orders",
  description: 'The newest order comes first.',
  security: 'required',
  parameters: {query: PageQuery},
  problems: ['invalid_page'],
}

const ofFailedPayments =
  'An order whose payment failed is in the list, too: its `status` is `cancelled`, and its `payment_status` is `failed`.'

function describe(limits: Pick<Limits, 'provider'>): Operation {
  const {schema, example} = orderFormat(limits)
  return {
    ...operation,
    description: limits.provider === undefined ? operation.description : `${operation.description} ${ofFailedPayments}`,
    answers: {
      200: {
        description: 'A page of orders.',
        body: pageOf(schema).meta({id: 'OrderPage'}),
        headers: noStoreHeaders,
        examples: {'the only order': {count: 1, next: null, previous: null, results: [example]}},
      },
    },
  }
}

export function orderHistory(limits: Pick<Limits, 'provider'>): Resource {
  const {toJson} = orderFormat(limits)
  return defineResource({
    path: '/orders/history/',
    formerPath: '/order/history/',
    name: 'Order List',
    operations: {GET: describe(limits)},
    handle({readOrders, findTokenUser}) {
      const coalesce = createCoalescer()
      return {
        enter: async (request) => requireUser(findTokenUser, request),
        methods: {
          async GET(request, response, user) {
            // The key is the whole address, because the links depend on it.
            const body = await coalesce(`${user.id} ${readKey(user)} ${requestUrl(request).href}`, async () => {
              const wanted = {...readPage(request), userId: user.id}
              const page = await readOrders(user, async (db) => listOrders(db, wanted))
              return Buffer.from(JSON.stringify(pageJson(page, toJson, linkTo(request))))
            })
            response.type('json').send(body)
          },
        },
      }
    },
  })
}
