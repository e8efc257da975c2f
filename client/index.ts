import createClient, {type Client} from 'openapi-fetch'

import {type BasketClient, createBasketClient} from './basket.ts'
import {createPaymentClient, type PaymentClient} from './payment.ts'
import {readAnswer, requireSuccess} from './problem.ts'
import {retry, type RetryOptions} from './retry.ts'
import type {components, operations, paths} from './schema.ts'

export type {Basket, BasketClient, BasketOptions, Checkout, KeyedBasketOptions, NewItem} from './basket.ts'
export type {Payment, PaymentClient, PaymentMethod, PaymentOptions, PaymentSetup} from './payment.ts'
export {type Problem, type ProblemCode, readAnswer, ShopProblem} from './problem.ts'
export type {RetryOptions} from './retry.ts'
export type {components, operations, paths} from './schema.ts'

type Schemas = components['schemas']
export type Credentials = Schemas['Credentials']
export type Login = Schemas['Login']
export type NewOrder = Schemas['NewOrder']
export type Order = Schemas['Order']
export type PasswordChange = Schemas['PasswordChange']
export type PlacedOrder = Schemas['PlacedOrder']
export type Product = Schemas['Product']
export type ProductQuery = Omit<NonNullable<operations['listProducts']['parameters']['query']>, 'cursor' | 'page'>

export type ShopClientOptions = {
  /** The URL of the shop, such as http://localhost:8000. The token is sent nowhere else. */
  baseUrl: string
  token?: string
  fetch?: (request: Request) => Promise<Response>
}

export type OrderOptions = RetryOptions & {
  /** Identifies the order, so that it is placed only once even if it is sent repeatedly. The default is a new UUID. */
  idempotencyKey?: string
  signal?: AbortSignal
}

export type ShopClient = {
  /** Calls any operation by its path: `readAnswer(shop.api.GET('/products/{id}/', ...))`. */
  api: Client<paths>
  /** Uses the new token for all further requests. */
  logIn: (credentials: Credentials) => Promise<Login>
  /** Ends the token, and sends no token from then on. */
  logOut: () => Promise<void>
  /** Ends all other tokens of the user. */
  changePassword: (change: PasswordChange) => Promise<void>
  /**
   * Sends the order with one key, up to `attempts` times, until it is answered, so that it is placed at most once. If
   * the last attempt fails as well, the order may have been placed: the same call with the same key finds out.
   */
  placeOrder: (order: NewOrder, options?: OrderOptions) => Promise<PlacedOrder>
  basket: BasketClient
  payments: PaymentClient
  /** Yields every product that can be ordered, each once. */
  walkProducts: (query?: ProductQuery) => AsyncGenerator<Product, void, undefined>
  /** Yields the caller's orders, newest first, each once, even while new ones are placed. */
  walkHistory: () => AsyncGenerator<Order, void, undefined>
}

/** All functions of the client throw ShopProblem for a refusal, and the error of `fetch` if there is no answer. */
export function createShopClient({baseUrl, token: firstToken, ...options}: ShopClientOptions): ShopClient {
  let token = firstToken
  const api = createClient<paths>({baseUrl, ...options})
  api.use({
    onRequest({request, schemaPath}) {
      // The login would refuse an expired token as well.
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

    async logOut() {
      await requireSuccess(api.POST('/auth/logout/'))
      token = undefined
    },

    async changePassword(change) {
      await requireSuccess(api.POST('/auth/password/', {body: change}))
    },

    async placeOrder(order, {idempotencyKey = crypto.randomUUID(), signal, ...bounds} = {}) {
      const params = {header: {'Idempotency-Key': idempotencyKey}}
      const send = async (either: AbortSignal) =>
        readAnswer(api.PUT('/orders/create/', {body: order, params, signal: either}))
      return retry(send, bounds, signal)
    },

    basket: createBasketClient(api),

    payments: createPaymentClient(api),

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

/** Follows only the query of a link, on the base URL of the client: proxies may know the shop by another name. */
function queryOf(link: string): () => string {
  const [, query = ''] = link.split('?', 2)
  return () => query
}
