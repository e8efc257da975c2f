import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../src/db/connect.ts'
import type {Outcome} from '../../src/gateways/test-provider/outcomes.ts'
import {createTestGateway} from '../../src/gateways/test-provider/test-gateway.ts'
import {defaultHoldSettings} from '../../src/hold-settings.ts'
import {audit} from '../../src/services/audit.ts'
import {advance} from '../../src/services/payments/advance.ts'
import type {Charge} from '../../src/services/payments/charge.ts'
import {addMethod, createMethodLookup, customerOf} from '../../src/services/payments/methods.ts'
import {createPayNow} from '../../src/services/payments/pay-now.ts'
import {findPaymentOfOrder, type Payment} from '../../src/services/payments/payment.ts'
import {workOnPayments} from '../../src/services/payments/work.ts'
import {newOrder} from '../../src/services/checkout/new-order.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {createDatabase, sessionsOfTests} from './database.ts'
import {addProduct, addUser} from './shop.ts'

export const settings = {holds: defaultHoldSettings, actionSeconds: 900}

/** The settings of a command that uses the test provider of `createPaidShop`. */
export function paymentEnv(url: string): {DATABASE_URL: string; SHOP_PAYMENT: string; SHOP_PAYMENT_PROVIDER: string} {
  return {DATABASE_URL: url, SHOP_PAYMENT: 'optional', SHOP_PAYMENT_PROVIDER: 'test'}
}

/** An order that the test provider has captured or authorized. */
export async function placePaidOrder(
  db: Knex,
  {userId, productId, capture = 'automatic'}: {userId: number; productId: number; capture?: Charge['capture']},
): Promise<number> {
  const gateway = createTestGateway({db, webhookSecrets: ['secret'], actionUrl: (id) => `/actions/${id}`})
  const {signal} = new AbortController()
  const method = await gateway.addMethod(await customerOf(db, gateway, userId, signal), 'ok')
  const {id} = await addMethod(db, {userId, provider: 'test', method})
  const found = await createMethodLookup(db, 'test')({userId, method: id})
  const items = [{productId, quantity: 1}]
  const charge = {method: found, isRequired: false, capture, gateway}
  const {order} = await placeOrder(db, newOrder({userId, currency: 'USD', items, charge}))
  const payment = await findPaymentOfOrder(db, order.id)
  if (payment) await advance(db, gateway, payment.id, {mayStart: true, settings, signal})
  return order.id
}

/** A shop with a buyer, a product and the test provider. The audit is clean at the end. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the parts have types of their own
export async function createPaidShop(t: ExecutionContext, {stock = 10, settleMs = 200} = {}) {
  const {db, url} = await createDatabase(t)
  const providerDb = connect(() => ({connectionString: url}), {poolSize: 5, ...sessionsOfTests})
  const gateway = createTestGateway({
    db: providerDb,
    webhookSecrets: ['secret'],
    actionUrl: (id) => `http://localhost/actions/${id}`,
    settleMs,
  })
  const ending = new AbortController()
  const {signal} = ending
  t.teardown(async () => {
    ending.abort()
    await providerDb.destroy()
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  const payNow = createPayNow(db, gateway)
  const anna = await addUser(db)
  const productId = await addProduct(db, {stock})

  async function charge(outcome: Outcome, options: Partial<Charge> = {}): Promise<Charge> {
    const customerId = await customerOf(db, gateway, anna, signal)
    const method = await gateway.addMethod(customerId, outcome)
    const {id} = await addMethod(db, {userId: anna, provider: 'test', method})
    const found = await createMethodLookup(db, 'test')({userId: anna, method: id})
    return {method: found, isRequired: false, capture: 'automatic', gateway, ...options}
  }

  /** An order of some units that is to be paid, and has not been sent to the provider. */
  async function order(outcome: Outcome, {quantity = 2, ...options}: Partial<Charge> & {quantity?: number} = {}) {
    const items = [{productId, quantity}]
    const placed = newOrder({userId: anna, currency: 'USD', items, charge: await charge(outcome, options)})
    return (await placeOrder(db, placed)).order.id
  }

  async function pay(orderId: number, {mayStart = true, callMs = 10_000} = {}): Promise<Payment | undefined> {
    const payment = await findPaymentOfOrder(db, orderId)
    if (!payment) return undefined
    const options = {settings, signal, callMs}
    return mayStart ? payNow(payment.id, options) : advance(db, gateway, payment.id, {...options, mayStart})
  }

  /** One round of the background work, some time later. */
  async function workLater(by = '1 hour', {callMs = 10_000} = {}): Promise<number> {
    for (const table of ['payments', 'refunds']) {
      await db(table).update({
        next_try_at: db.raw('next_try_at - ?::interval', [by]),
        lease_until: db.raw('lease_until - ?::interval', [by]),
        created_at: db.raw('created_at - ?::interval', [by]),
      })
    }
    await db('payments').update({
      due_at: db.raw('due_at - ?::interval', [by]),
      submitted_at: db.raw('submitted_at - ?::interval', [by]),
    })
    return workOnPayments(db, gateway, {settings, signal, callMs})
  }

  /** What the provider has of the shop's payments. */
  async function books(): Promise<{captured: number; refunded: number; count: number}> {
    const sum = {captured: 0, refunded: 0, count: 0}
    for await (const {captured, refunded} of gateway.list('2000-01-01T00:00:00Z', signal)) {
      sum.captured += captured
      sum.refunded += refunded
      sum.count++
    }
    return sum
  }
  return {db, url, gateway, anna, productId, charge, order, pay, workLater, books, signal}
}
