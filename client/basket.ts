import type {Client} from 'openapi-fetch'

import {type FetchedAnswer, readAnswer} from './problem.ts'
import {retry, type RetryOptions} from './retry.ts'
import type {components, paths} from './schema.ts'

type Schemas = components['schemas']
export type Basket = Schemas['Basket']
export type NewItem = Schemas['NewBasketItems']['items'][number]
/** `basket` is the `id` of the basket that the buyer has seen. */
export type Checkout = Omit<Schemas['NewCheckout'], 'basket'> & {basket?: Basket['id']}

export type BasketOptions = RetryOptions & {
  /**
   * The `version` of the basket that the buyer has seen. If it has changed since, the request is refused with
   * `basket_changed`. So is a request whose answer was lost, when it is sent again: then read the basket.
   */
  ifVersion?: string
  signal?: AbortSignal
}

export type KeyedBasketOptions = BasketOptions & {
  /** Identifies the request, so that it takes effect only once even if it is sent repeatedly. The default is a new UUID. */
  idempotencyKey?: string
}

/** Each function sends its request again after a temporary failure, and all but `checkout` return the whole basket. */
export type BasketClient = {
  get: (options?: Omit<BasketOptions, 'ifVersion'>) => Promise<Basket>
  /** Adds to the quantities in the basket: all of the items, or none. */
  add: (items: NewItem[], options?: KeyedBasketOptions) => Promise<Basket>
  /** Sets how many of a product are in the basket. */
  set: (productId: number, quantity: number, options?: BasketOptions) => Promise<Basket>
  /** Removes a product, if it is there. */
  remove: (productId: number, options?: BasketOptions) => Promise<Basket>
  /** Removes everything. */
  clear: (options?: BasketOptions) => Promise<Basket>
  /** Extends the holds, and holds again what is in stock. */
  hold: (options?: BasketOptions) => Promise<Basket>
  /** Orders everything in the basket. */
  checkout: (checkout?: Checkout, options?: KeyedBasketOptions) => Promise<Schemas['PlacedOrder']>
}

export function createBasketClient(api: Client<paths>): BasketClient {
  return {
    async get(options = {}) {
      return send(options, async ({signal}) => api.GET('/basket/', {signal}))
    },

    async add(items, {idempotencyKey = crypto.randomUUID(), ...options} = {}) {
      return send(options, async ({header, signal}) => {
        const params = {header: {...header, 'Idempotency-Key': idempotencyKey}}
        return api.POST('/basket/items/', {params, body: {items}, signal})
      })
    },

    async set(productId, quantity, options = {}) {
      return send(options, async ({header, signal}) => {
        const params = {path: {product_id: productId}, header}
        return api.PUT('/basket/items/{product_id}/', {params, body: {quantity}, signal})
      })
    },

    async remove(productId, options = {}) {
      return send(options, async ({header, signal}) => {
        const params = {path: {product_id: productId}, header}
        return api.DELETE('/basket/items/{product_id}/', {params, signal})
      })
    },

    async clear(options = {}) {
      return send(options, async ({header, signal}) => api.DELETE('/basket/', {params: {header}, signal}))
    },

    async hold(options = {}) {
      return send(options, async ({header, signal}) => api.POST('/basket/hold/', {params: {header}, signal}))
    },

    async checkout({basket, ...checkout} = {}, {idempotencyKey = crypto.randomUUID(), ...options} = {}) {
      return send(options, async ({header, signal}) => {
        const params = {header: {...header, 'Idempotency-Key': idempotencyKey}}
        const body = {...checkout, ...(typeof basket === 'number' && {basket})}
        return api.POST('/basket/checkout/', {params, body, signal})
      })
    },
  }
}

async function send<Data>(
  {ifVersion, signal, ...bounds}: BasketOptions,
  request: (each: {header: {'If-Match'?: string}; signal: AbortSignal}) => Promise<FetchedAnswer<Data>>,
): Promise<Data> {
  const header = ifVersion === undefined ? {} : {'If-Match': `"${ifVersion}"`}
  return retry(async (each) => readAnswer(request({header, signal: each})), bounds, signal)
}
