import type {Client} from 'openapi-fetch'

import {readAnswer} from './problem.ts'
import {retry, type RetryOptions} from './retry.ts'
import type {components, paths} from './schema.ts'

type Schemas = components['schemas']
export type Payment = Schemas['Payment']
export type PaymentMethod = Schemas['PaymentMethod']
export type PaymentSetup = Schemas['PaymentSetup']

export type PaymentOptions = RetryOptions & {signal?: AbortSignal}

/**
 * How a shop that takes payments is paid. `placeOrder` and `basket.checkout` charge a `payment_method`. Each function but
 * `remove` sends its request again after a temporary failure.
 */
export type PaymentClient = {
  /** The caller's methods, the oldest first. */
  methods: (options?: PaymentOptions) => Promise<PaymentMethod[]>
  /** Begins to store a method: the client library of the payment provider collects it. */
  setUp: (options?: PaymentOptions) => Promise<PaymentSetup>
  /** Stores the method of a setup that the user has finished. */
  store: (setup: string, options?: PaymentOptions) => Promise<PaymentMethod>
  /** Returns all methods. */
  makeDefault: (methodId: number, options?: PaymentOptions) => Promise<PaymentMethod[]>
  /** Returns the methods that are left. */
  remove: (methodId: number, options?: {signal?: AbortSignal}) => Promise<PaymentMethod[]>
  /** The payment of an order. */
  ofOrder: (orderId: number, options?: PaymentOptions) => Promise<Payment>
  /** The same, after the shop has asked the provider: for a buyer who has finished an action. */
  refresh: (orderId: number, options?: PaymentOptions) => Promise<Payment>
}

export function createPaymentClient(api: Client<paths>): PaymentClient {
  return {
    async methods(options) {
      const {results} = await send(options, async (signal) => readAnswer(api.GET('/payment-methods/', {signal})))
      return results
    },

    async setUp(options) {
      return send(options, async (signal) => readAnswer(api.POST('/payment-methods/setup/', {signal})))
    },

    async store(setup, options) {
      return send(options, async (signal) => readAnswer(api.POST('/payment-methods/', {body: {setup}, signal})))
    },

    async makeDefault(methodId, options) {
      const params = {path: {id: methodId}}
      const {results} = await send(options, async (signal) =>
        readAnswer(api.PUT('/payment-methods/{id}/default/', {params, signal})),
      )
      return results
    },

    async remove(methodId, {signal} = {}) {
      const params = {path: {id: methodId}}
      // A second request would be told that the method does not exist.
      const {results} = await readAnswer(
        api.DELETE('/payment-methods/{id}/', {params, ...(signal !== undefined && {signal})}),
      )
      return results
    },

    async ofOrder(orderId, options) {
      const params = {path: {id: orderId}}
      return send(options, async (signal) => readAnswer(api.GET('/orders/{id}/payment/', {params, signal})))
    },

    async refresh(orderId, options) {
      const params = {path: {id: orderId}}
      return send(options, async (signal) => readAnswer(api.POST('/orders/{id}/payment/refresh/', {params, signal})))
    },
  }
}

async function send<Result>(
  {signal, ...bounds}: PaymentOptions = {},
  request: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return retry(request, bounds, signal)
}
