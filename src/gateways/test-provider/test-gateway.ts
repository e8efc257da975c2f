import type {Knex} from 'knex'

import type {Gateway, Money, Obstacle, ProviderEvent, ProviderPayment, StoredMethod} from '../gateway.ts'
import {runOnce} from './calls.ts'
import {cancel, capture, completeAction, findRefund, readRefund, refund} from './charges.ts'
import {addMethod, confirmSetup, createCustomer, createSetup, detach, readMethod} from './methods.ts'
import {createNetwork} from './network.ts'
import type {Outcome} from './outcomes.ts'
import {createPay} from './pay.ts'
import {type ActionUrl, findPayment, listPage, pageSize, type PaymentRow, readPayment, toPayment} from './payments.ts'
import {createSchemaOnce} from './schema.ts'
import {deliverEvents, type Delivery} from './webhooks/deliver-events.ts'
import {listEvents} from './webhooks/events.ts'
import {createWebhook, readWebhook, type Webhook} from './webhooks/webhook.ts'

export type TestGatewayOptions = {
  /**
   * A connection pool of the provider's own, on any database: what the provider does is committed whether or not the shop
   * commits. It makes its tables itself, in the schema `test_provider`.
   */
  db: Knex
  /** Signs webhooks with the first one, and accepts those that are signed with any. */
  webhookSecrets: readonly string[]
  /** Where the user completes an action. What is served there calls `completeAction`. */
  actionUrl: ActionUrl
  /** How much longer each call takes, in milliseconds. */
  delayMs?: number
  /** How long payments of the `processing_then_...` methods are processed, in milliseconds by the database's clock. */
  settleMs?: number
}

/** A provider for development and tests, which moves no money, and what its users, operators and bank do. */
export type TestGateway = Gateway & {
  /** Stores a method whose payments have a known outcome. */
  addMethod: (customerId: string, outcome: Outcome) => Promise<StoredMethod>
  /** What the user does in the provider's form: finishes a setup with a method of a known outcome. */
  confirmSetup: (setupId: string, outcome: Outcome) => Promise<StoredMethod>
  /** What the user does at the action's URL. Throws RefusedError unless the payment waits for it. */
  completeAction: (paymentId: string, outcome: 'fail' | 'succeed') => Promise<Action>
  /** What the user sees at the action's URL. Throws RefusedError for an unknown payment. */
  readAction: (paymentId: string) => Promise<Action>
  /** The events of a payment, or all, the oldest first. */
  listEvents: (paymentId?: string) => Promise<ProviderEvent[]>
  /** The request that tells of an event, signed at a time: now, if omitted. */
  webhook: (event: ProviderEvent, at?: Date) => Webhook
  /** Sends the events that are due, and returns how many were accepted. */
  deliverEvents: (delivery: Delivery, signal: AbortSignal) => Promise<number>
}

const eventsUpToCapture = new Set(
  ['requires_action', 'processing', 'authorized', 'captured'].map((state) => `payment.${state}`),
)

/** `returnUrl` is where the user goes next. */
export type Action = {payment: ProviderPayment; returnUrl: string | undefined}

/** Real providers have a limit, too. */
const most = 9_999_999_999

function obstacleTo({amount}: Money): Obstacle | undefined {
  if (amount < 1) return {kind: 'too_small', least: 1}
  return amount > most ? {kind: 'too_large', most} : undefined
}

export function createTestGateway(options: TestGatewayOptions): TestGateway {
  const {db, webhookSecrets, actionUrl, delayMs = 0, settleMs = 1000} = options
  const [signingSecret] = webhookSecrets
  if (signingSecret === undefined || webhookSecrets.includes('')) {
    throw new TypeError('The test provider needs a webhook secret, and none may be empty.')
  }
  const createSchema = createSchemaOnce(db)
  const network = createNetwork(delayMs)
  const payOnce = createPay(db, {settleMs})
  const send: typeof network = async (signal, act) =>
    network(signal, async () => {
      await createSchema()
      return act()
    })
  const present = (row: PaymentRow): ProviderPayment => toPayment(row, actionUrl)
  const presentAction = (row: PaymentRow): Action => ({payment: present(row), returnUrl: row.return_url ?? undefined})
  const transact = async <Result>(act: (trx: Knex.Transaction) => Promise<Result>): Promise<Result> => {
    await createSchema()
    return db.transaction(act)
  }

  return {
    name: 'test',
    eventsUpToCapture,
    obstacleTo,

    createCustomer: async ({userId, key}, signal) =>
      send(signal, async () =>
        runOnce(db, {key, operation: 'create_customer', parameters: [userId]}, async (trx) =>
          createCustomer(trx, userId),
        ),
      ),
    setUp: async ({customerId, key}, signal) =>
      send(signal, async () =>
        runOnce(db, {key, operation: 'set_up', parameters: [customerId]}, async (trx) => createSetup(trx, customerId)),
      ),
    readMethod: async (setupId, signal) => send(signal, async () => readMethod(db, setupId)),
    detach: async (methodId, signal) => send(signal, async () => detach(db, methodId)),

    pay: async (order, signal) => present(await send(signal, async () => payOnce(order, signal))),
    read: async (paymentId, signal) => present(await send(signal, async () => readPayment(db, paymentId))),
    find: async (payment, signal) => {
      const row = await send(signal, async () => findPayment(db, payment))
      return row && present(row)
    },
    capture: async ({paymentId, money: {amount}, key}, signal) =>
      present(
        await send(signal, async () =>
          runOnce(db, {key, operation: 'capture', parameters: [paymentId, amount]}, async (trx) =>
            capture(trx, paymentId, amount),
          ),
        ),
      ),
    cancel: async ({paymentId, key}, signal) =>
      present(
        await send(signal, async () =>
          runOnce(db, {key, operation: 'cancel', parameters: [paymentId]}, async (trx) => cancel(trx, paymentId)),
        ),
      ),
    refund: async ({paymentId, money: {amount}, key}, signal) =>
      send(signal, async () =>
        runOnce(db, {key, operation: 'refund', parameters: [paymentId, amount]}, async (trx) =>
          refund(trx, paymentId, {amount, key}),
        ),
      ),
    readRefund: async (refundId, signal) => send(signal, async () => readRefund(db, refundId)),
    findRefund: async (sought, signal) => send(signal, async () => findRefund(db, sought)),
    async *list(since, signal) {
      let last: PaymentRow | undefined
      do {
        const after = last
        const page = await send(signal, async () => listPage(db, since, after))
        yield* page.map(present)
        last = page.length < pageSize ? undefined : page.at(-1)
      } while (last)
    },
    event: (rawBody, headers) => readWebhook(rawBody, headers, webhookSecrets),

    addMethod: async (customerId, outcome) => transact(async (trx) => addMethod(trx, customerId, outcome)),
    confirmSetup: async (setupId, outcome) => transact(async (trx) => confirmSetup(trx, setupId, outcome)),
    completeAction: async (paymentId, outcome) =>
      presentAction(await transact(async (trx) => completeAction(trx, paymentId, outcome))),
    readAction: async (paymentId) => {
      await createSchema()
      return presentAction(await readPayment(db, paymentId))
    },
    listEvents: async (paymentId) => {
      await createSchema()
      return listEvents(db, paymentId)
    },
    webhook: (event, at = new Date()) => createWebhook(event, [signingSecret], at),
    deliverEvents: async (delivery, signal) => {
      await createSchema()
      return deliverEvents(db, delivery, [signingSecret], signal)
    },
  }
}
