import createClient, {type Client} from 'openapi-fetch'

import {readAnswer} from './problem.ts'
import {retry, type RetryOptions} from './retry.ts'
import type {components, operations, paths} from './schema.ts'

export {type Problem, type ProblemCode, readAnswer, ShopProblem} from './problem.ts'
export type {RetryOptions} from './retry.ts'
export type {components, operations, paths} from './schema.ts'

type Schemas = components['schemas']
export type Credentials = Schemas['Credentials']
export type Login = Schemas['Login']
export type NewOrder = Schemas['NewOrder']
export type Order = Schemas['Order']
export type PlacedOrder = Schemas['PlacedOrder']
export type Product = Schemas['Product']
export type ProductQuery = Omit<NonNullable<operations['listProducts']['parameters']['query']>, 'cursor' | 'page'>

export type ShopClientOptions = {
  /** Where the shop is, such as http://localhost:8000. The token is sent nowhere else. */
  baseUrl: string
  token?: string
  fetch?: (request: Request) => Promise<Response>
}

export type OrderOptions = RetryOptions & {
  /** Names this order, so that it is placed once however often it is sent. A UUID is made up without one. */
  idempotencyKey?: string
  signal?: AbortSignal
}

export type ShopClient = {
  /** Every operation, by its path: `readAnswer(shop.api.GET('/products/{id}/', ...))`. */
  api: Client<paths>
  /** Uses the new token from now on. */
  logIn: (credentials: Credentials) => Promise<Login>
  /**
   * Sends the order until it is answered, as often as `attempts` says, under one key: it is placed at most once. Where
   * the last attempt fails as well, it may have been placed: the same call with the same key finds out.
   */
  placeOrder: (order: NewOrder, options?: OrderOptions) => Promise<PlacedOrder>
  /** All that can be ordered, each once. */
  walkProducts: (query?: ProductQuery) => AsyncGenerator<Product, void, undefined>
  /** The caller's orders, newest first, each once, also while new ones are placed. */
  walkHistory: () => AsyncGenerator<Order, void, undefined>
}

/** All of its functions throw ShopProblem for a refusal, and what `fetch` throws where there is no answer. */
export function createShopClient({baseUrl, token: firstToken, ...options}: ShopClientOptions): ShopClient {
  let token = firstToken
  const api = createClient<paths>({baseUrl, ...options})
  api.use({
    onRequest({request, schemaPath}) {
      // A token that has ended would be refused there too.
      if (token !== undefined && schemaPath !== '/auth/login/') request.headers.set('Authorization', `Token ${token}`)
    },
  })

  return {
    api,

    async logIn(credentials) {
      const login = await readAnswer(api.POST('/auth/login/', {body: credentials}))
      token = login.token
      return login
    },

    async placeOrder(order, {idempotencyKey = crypto.randomUUID(), signal, ...bounds} = {}) {
      const params = {header: {'Idempotency-Key': idempotencyKey}}
      const send = async (either: AbortSignal) =>
        readAnswer(api.PUT('/orders/create/', {body: order, params, signal: either}))
      return retry(send, bounds, signal)
    },

    async *walkProducts(query = {}) {
      const first = {params: {query: {...query, cursor: ''}}}
      let page: Schemas['ProductPage'] = await readAnswer(api.GET('/products/list/', first))
      yield* page.results
      while (page.next !== null) {
        page = await readAnswer(api.GET('/products/list/', {querySerializer: queryOf(page.next)}))
        yield* page.results
      }
    },

    async *walkHistory() {
      // A new order moves the others towards the next page.
      const seen = new Set<number>()
      let next: string | null = ''
      while (next !== null) {
        const page: Schemas['OrderPage'] = await readAnswer(
          api.GET('/orders/history/', {querySerializer: queryOf(next)}),
        )
        for (const order of page.results) {
          if (!seen.has(order.id)) yield order
          seen.add(order.id)
        }
        next = page.next
      }
    },
  }
}

/** Only the query of a link is followed, to where the client was told that the shop is: proxies may know it by another name. */
function queryOf(link: string): () => string {
  const [, query = ''] = link.split('?', 2)
  return () => query
}
