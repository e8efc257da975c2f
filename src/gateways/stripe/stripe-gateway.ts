import http from 'node:http'
import https from 'node:https'
import type {Stripe} from 'stripe'
import {
  type Gateway,
  type Money,
  type PaymentOrder,
  RefusedError,
  type SoughtPayment,
  type StoredMethod,
} from '../gateway.ts'
import {obstacleTo, toStripe} from './amounts.ts'
import {isStripeError, mayHaveHappened, translate} from './errors.ts'
import {createHttpClient, type Trace} from './http-client.ts'
import {idOf, referenceKey, referenceOf, refundKey, toPayment, toRefund, withCharge} from './payments.ts'
import {readEvent} from './webhook.ts'

export type StripeOptions = {
  secretKey: string
  /** More than one while a secret is replaced by another. */
  webhookSecrets: readonly string[]
  /** For each request, in milliseconds. */
  timeout?: number
  /** How old a webhook may be, in seconds. */
  tolerance?: number
  /** Another server than Stripe's, for tests. */
  server?: {host: string; port: number; protocol: 'http' | 'https'}
}

const eventsUpToCapture: ReadonlySet<string> = new Set<Stripe.Event['type']>([
  'payment_intent.created',
  'payment_intent.requires_action',
  'payment_intent.processing',
  'payment_intent.amount_capturable_updated',
  'payment_intent.succeeded',
])

/** One request, or a few that belong together. */
type Call = {stripe: Stripe; trace: Trace}

/** Loads Stripe's library, which takes longer than everything else that a command loads. */
export async function createStripeGateway(options: StripeOptions): Promise<Gateway> {
  const {secretKey, webhookSecrets, timeout = 30_000, tolerance = 300, server = {}} = options
  const {Stripe} = await import('stripe')
  const agents = {http: new http.Agent({keepAlive: true}), https: new https.Agent({keepAlive: true})}
  const verification = {webhooks: Stripe.webhooks, secrets: webhookSecrets, tolerance}

  /** A client of its own costs a call 0.1 ms, and can be aborted. */
  function open(signal: AbortSignal): Call {
    const trace = {sent: false, changed: false, replayed: false}
    const httpClient = createHttpClient(agents, signal, trace)
    const config = {httpClient, maxNetworkRetries: 0, telemetry: false, timeout, ...server}
    return {stripe: new Stripe(secretKey, config), trace}
  }

  /** The task completes a sentence of an error message: Stripe refused to ... */
  async function ask<T>(task: string, signal: AbortSignal, request: (call: Call) => Promise<T>): Promise<T> {
    const call = open(signal)
    try {
      return await request(call)
    } catch (error) {
      throw translate(error, task, call.trace)
    }
  }

  return {
    name: 'stripe',
    eventsUpToCapture,
    obstacleTo,
    event: (rawBody, headers) => readEvent(verification, rawBody, headers),

    createCustomer: async ({userId, key}, signal) =>
      ask('create a customer', signal, async ({stripe}) => {
        const customer = await stripe.customers.create({metadata: {shop_user: userId}}, {idempotencyKey: key})
        return customer.id
      }),

    setUp: async ({customerId, key}, signal) =>
      ask('start a setup', signal, async ({stripe}) => {
        const params: Stripe.SetupIntentCreateParams = {
          customer: customerId,
          allowed_payment_method_types: ['card'],
          usage: 'on_session',
        }
        const {id, client_secret: clientSecret} = await stripe.setupIntents.create(params, {idempotencyKey: key})
        if (clientSecret === null) throw new TypeError(`${id} has no client secret.`)
        return {id, clientSecret}
      }),

    readMethod: async (setupId, signal) => {
      // The id comes from the user: whatever else was typed stays here.
      if (!/^seti_[A-Za-z0-9]{1,100}$/.test(setupId))
        throw new RefusedError('resource_missing', 'There is no such setup.')
      return ask('read a setup', signal, async ({stripe}) => {
        const setup = await stripe.setupIntents.retrieve(setupId, {expand: ['payment_method']})
        return setup.status === 'succeeded' ? toMethod(setup) : undefined
      })
    },

    detach: async (methodId, signal) =>
      ask('detach a payment method', signal, async ({stripe}) => {
        try {
          await stripe.paymentMethods.detach(methodId)
        } catch (error) {
          if (!(await isDetached(stripe, methodId, error))) throw error
        }
      }),

    pay: async (order, signal) =>
      ask('create a payment', signal, async (call) => toPayment(await close(call, await create(call, order)))),

    read: async (paymentId, signal) =>
      ask('read a payment', signal, async (call) => toPayment(await close(call, await retrieve(call, paymentId)))),

    find: async (payment, signal) =>
      ask('find a payment', signal, async (call) => {
        const intent = await find(call, payment)
        return intent && toPayment(await close(call, intent))
      }),

    capture: async ({paymentId, money, key}, signal) =>
      ask('capture a payment', signal, async (call) => {
        const params = {amount_to_capture: exactly(money), ...withCharge}
        const captured = call.stripe.paymentIntents.capture(paymentId, params, {idempotencyKey: key})
        return toPayment(await asItIsNow(call, paymentId, captured))
      }),

    // Without the key: a second cancel does nothing, and Stripe would repeat for a day that it could not cancel at first.
    cancel: async ({paymentId}, signal) =>
      ask('cancel a payment', signal, async (call) => toPayment(await cancel(call, paymentId))),

    refund: async ({paymentId, money, key}, signal) =>
      ask('refund a payment', signal, async ({stripe, trace}) => {
        const params = {payment_intent: paymentId, amount: exactly(money), metadata: {[refundKey]: key}}
        const refund = await stripe.refunds.create(params, {idempotencyKey: key})
        return toRefund(trace.replayed ? await stripe.refunds.retrieve(refund.id) : refund)
      }),

    readRefund: async (refundId, signal) =>
      ask('read a refund', signal, async ({stripe}) => toRefund(await stripe.refunds.retrieve(refundId))),

    findRefund: async ({paymentId, key}, signal) =>
      ask('find a refund', signal, async ({stripe}) => {
        for await (const refund of stripe.refunds.list({payment_intent: paymentId, limit: 100})) {
          if (refund.metadata?.[refundKey] === key) return toRefund(refund)
        }
        return undefined
      }),

    list: async function* (since, signal) {
      const {stripe, trace} = open(signal)
      try {
        const created = {gte: Math.floor(Date.parse(since) / 1000)}
        const params = {created, limit: 100, expand: ['data.latest_charge']}
        for await (const intent of stripe.paymentIntents.list(params)) yield toPayment(intent)
      } catch (error) {
        throw translate(error, 'list payments', trace)
      }
    },
  }
}

function exactly(money: Money): number {
  const amount = toStripe(money)
  if (amount === undefined) throw new RefusedError('amount_inexact', `Stripe cannot charge or refund this amount.`)
  return amount
}

async function create(call: Call, order: PaymentOrder & {key: string}): Promise<Stripe.PaymentIntent> {
  const {reference, customerId, methodId, money, returnUrl, capture, key} = order
  const params: Stripe.PaymentIntentCreateParams = {
    amount: exactly(money),
    currency: money.currency.toLowerCase(),
    customer: customerId,
    payment_method: methodId,
    allowed_payment_method_types: ['card'],
    capture_method: capture,
    confirm: true,
    metadata: {[referenceKey]: reference},
    ...(returnUrl !== undefined && {return_url: returnUrl}),
    ...withCharge,
  }
  try {
    const intent = await call.stripe.paymentIntents.create(params, {idempotencyKey: key})
    return call.trace.replayed ? await retrieve(call, intent.id) : intent
  } catch (error) {
    if (!isStripeError(error)) throw error
    if (error.payment_intent) return retrieve(call, error.payment_intent.id) // declined
    // For a day, Stripe repeats even a 500 to a request with the same key: only a search tells what happened.
    const intent = mayHaveHappened(error) ? await find(call, order) : undefined
    if (!intent) throw error
    return intent
  }
}

/**
 * Declined is final for the shop, but not for Stripe: the user could go on with another card. So the payment is cancelled
 * first. The same goes for one that Stripe created and did not confirm.
 */
async function close(call: Call, intent: Stripe.PaymentIntent): Promise<Stripe.PaymentIntent> {
  const open = intent.status === 'requires_payment_method' || intent.status === 'requires_confirmation'
  if (!open || referenceOf(intent) === null) return intent
  const closed = await cancel(call, intent.id)
  return {...closed, last_payment_error: closed.last_payment_error ?? intent.last_payment_error}
}

async function cancel(call: Call, paymentId: string): Promise<Stripe.PaymentIntent> {
  return asItIsNow(call, paymentId, call.stripe.paymentIntents.cancel(paymentId, withCharge))
}

/** What the request returned or, if it came too late to change the payment, what the payment is now. */
async function asItIsNow(
  call: Call,
  paymentId: string,
  request: Promise<Stripe.PaymentIntent>,
): Promise<Stripe.PaymentIntent> {
  try {
    const intent = await request
    return call.trace.replayed ? await retrieve(call, paymentId) : intent
  } catch (error) {
    if (isStripeError(error) && error.code === 'payment_intent_unexpected_state') return retrieve(call, paymentId)
    throw error
  }
}

async function retrieve({stripe}: Call, paymentId: string): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.retrieve(paymentId, withCharge)
}

/** By how much the shop's clock may be ahead of Stripe's, in seconds. */
const clockSkew = 24 * 60 * 60

/** Lists, because Stripe's search lags behind by up to an hour. */
async function find(
  {stripe}: Call,
  {reference, customerId, createdAt}: SoughtPayment,
): Promise<Stripe.PaymentIntent | undefined> {
  const created = {gte: Math.floor(Date.parse(createdAt) / 1000) - clockSkew}
  const params = {customer: customerId, created, limit: 100, expand: ['data.latest_charge']}
  for await (const intent of stripe.paymentIntents.list(params)) {
    if (referenceOf(intent) === reference) return intent
  }
  return undefined
}

function toMethod({id, customer, payment_method: method}: Stripe.SetupIntent): StoredMethod {
  const customerId = idOf(customer)
  if (customerId === null || method === null || typeof method === 'string') throw new TypeError(`${id} is incomplete.`)
  // Stripe keeps the setup of a method that was detached, which can never be charged again.
  if (method.customer === null) throw new RefusedError('resource_missing', 'The payment method was detached.')
  const {card} = method
  return {
    id: method.id,
    customerId,
    brand: card?.brand ?? 'unknown',
    last4: card?.last4 ?? null,
    expiry: card ? {month: card.exp_month, year: card.exp_year} : null,
  }
}

/** Stripe has no code of its own for a method that belongs to nobody. */
async function isDetached(stripe: Stripe, methodId: string, error: unknown): Promise<boolean> {
  if (!isStripeError(error)) return false
  if (error.statusCode === 404) return true
  return error.statusCode === 400 && (await stripe.paymentMethods.retrieve(methodId)).customer === null
}
