import {randomUUID} from 'node:crypto'
import type {ExecutionContext} from 'ava'
import {Stripe} from 'stripe'

import type {Gateway, PaymentOrder, ProviderPayment, StoredMethod} from '../../../src/gateways/gateway.ts'
import {createStripeGateway} from '../../../src/gateways/stripe/stripe-gateway.ts'
import {startStripe} from './double.ts'

export const webhookSecret = 'whsec_test'

export type Account = {
  gateway: Gateway
  /** For what the user's browser would do, and to look at what Stripe has. */
  stripe: Stripe
  customerId: string
}

/** For calls that a test does not abort. */
export const {signal} = new AbortController()

/** A new customer in Stripe's test mode if there is a key for it, otherwise at the double. */
export async function openAccount(t: ExecutionContext): Promise<Account> {
  const key = process.env.STRIPE_SECRET_KEY
  if (key?.startsWith('sk_test_')) return openAs({secretKey: key})
  return openAs(await startStripe(t))
}

/** The account of a double that the test has started. */
export async function openAs({
  secretKey,
  server,
}: Pick<Parameters<typeof createStripeGateway>[0], 'secretKey' | 'server'>): Promise<Account> {
  const gateway = await createStripeGateway({secretKey, webhookSecrets: [webhookSecret], ...(server && {server})})
  const stripe = new Stripe(secretKey, {telemetry: false, ...server})
  return {gateway, stripe, customerId: await gateway.createCustomer({userId: 7, key: randomUUID()}, signal)}
}

/** Stores a test card, such as `pm_card_visa`, as a user would in a browser. */
export async function storeCard({gateway, stripe, customerId}: Account, card = 'pm_card_visa'): Promise<StoredMethod> {
  const {id} = await gateway.setUp({customerId, key: randomUUID()}, signal)
  await stripe.setupIntents.confirm(id, {payment_method: card})
  const method = await gateway.readMethod(id, signal)
  if (!method) throw new Error(`${id} has no method`)
  return method
}

/** A card that requires an action cannot finish a setup without a browser. */
export async function attachCard({stripe, customerId}: Account, card: string): Promise<string> {
  const {id} = await stripe.paymentMethods.attach(card, {customer: customerId})
  return id
}

type Asked = Partial<PaymentOrder & {key: string}>

export function newPayment({customerId}: Account, methodId: string, asked: Asked = {}): PaymentOrder & {key: string} {
  const reference = randomUUID()
  return {
    reference,
    customerId,
    createdAt: new Date().toISOString(),
    methodId,
    money: {amount: 1999, currency: 'USD'},
    returnUrl: undefined,
    capture: 'automatic',
    key: `shop:${reference}:pay`,
    ...asked,
  }
}

/** Pays with a card that works, unless another is asked for. */
export async function pay(account: Account, asked: Asked = {}): Promise<ProviderPayment> {
  const methodId = asked.methodId ?? (await storeCard(account)).id
  return account.gateway.pay(newPayment(account, methodId, asked), signal)
}
