import {setMaxListeners} from 'node:events'

import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../src/db/connect.ts'
import type {Gateway} from '../../src/gateways/gateway.ts'
import {watchGateway} from '../../src/gateways/health.ts'
import {testActionPath} from '../../src/gateways/open-gateway.ts'
import type {Outcome} from '../../src/gateways/test-provider/outcomes.ts'
import {createTestGateway, type TestGateway} from '../../src/gateways/test-provider/test-gateway.ts'
import {actionSeconds} from '../../src/payment-settings.ts'
import {defaultHoldSettings} from '../../src/hold-settings.ts'
import type {PaymentContext} from '../../src/http/context.ts'
import {audit} from '../../src/services/audit.ts'
import {createReceiveEvent} from '../../src/services/payments/events.ts'
import {addMethod, customerOf} from '../../src/services/payments/methods.ts'
import {createMethodLookup} from '../../src/services/payments/methods.ts'
import {createPayNow} from '../../src/services/payments/pay-now.ts'
import {workOnPayments} from '../../src/services/payments/work.ts'
import {addBuyer, type Buyer} from './basket-requests.ts'
import {type Answer, type ShopOptions, startShop, type TestShop} from './http.ts'
import {addProduct} from './shop.ts'
import {sessionsOfTests} from './database.ts'

/** A shop that takes payments through the test provider. */
export type PayingShop = {
  shop: TestShop
  db: Knex
  gateway: TestGateway
  /** Calls of the shop to the provider, by the name of the function. */
  calls: string[]
  /** Stores a method whose payments have a known outcome, and returns its id. */
  method: (buyer: {userId: number}, outcome: Outcome) => Promise<number>
  /** One round of the background work. */
  work: () => Promise<number>
  /** As a shutdown does. */
  end: () => void
}

export type PaidShop = PayingShop & {
  anna: Buyer
  ben: Buyer
  productId: number
  /** Orders one unit. */
  order: (buyer: Buyer, body?: object, headers?: Record<string, string>) => Promise<Answer>
  /** A request of a buyer. */
  request: (buyer: Buyer, method: string, path: string, json?: unknown) => Promise<Answer>
}

type PayingShopOptions = ShopOptions & {
  context?: Partial<Pick<PaymentContext, 'capture' | 'health' | 'isRequired' | 'waitMs'>>
  /** Replaces calls of the provider. */
  faults?: (gateway: TestGateway) => Partial<Gateway>
}

/** The audit is clean at the end. */
export async function startPayingShop(
  t: ExecutionContext,
  {context, faults, ...options}: PayingShopOptions = {},
): Promise<PayingShop> {
  const ending = new AbortController()
  const {signal} = ending
  setMaxListeners(0, signal)
  const calls: string[] = []
  const settings = {holds: {...defaultHoldSettings, ...options.holds}, actionSeconds}
  const opened: {payments?: PaymentContext & {testGateway: TestGateway}} = {}
  const shop = await startShop(t, {
    ...options,
    payments({db, url}) {
      const providerDb = connect(() => ({connectionString: url}), {poolSize: 5, ...sessionsOfTests})
      t.teardown(async () => {
        ending.abort()
        await providerDb.destroy()
      })
      const testGateway = createTestGateway({
        db: providerDb,
        webhookSecrets: ['secret', 'older'],
        actionUrl: testActionPath,
        settleMs: 100,
      })
      const watched = watchGateway(countCalls({...testGateway, ...faults?.(testGateway)}, calls))
      opened.payments = {
        ...{isRequired: false, capture: 'automatic', waitMs: 10_000},
        ...watched,
        ...context,
        findMethod: createMethodLookup(db, 'test'),
        payNow: createPayNow(db, watched.gateway),
        receiveEvent: createReceiveEvent(options.db ?? db, watched.gateway),
        testGateway,
        settings,
        signal,
      }
      return opened.payments
    },
  })
  const {db} = shop
  t.teardown(async () => {
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  const {payments} = opened
  if (!payments) throw new Error('The shop was started without payments.')
  const {gateway, testGateway} = payments

  return {
    ...{shop, db, gateway: testGateway, calls},
    async method({userId}, outcome) {
      const customerId = await customerOf(db, testGateway, userId, signal)
      const method = await testGateway.addMethod(customerId, outcome)
      return (await addMethod(db, {userId, provider: 'test', method})).id
    },
    work: async () => workOnPayments(db, gateway, {settings, signal}),
    end: () => {
      ending.abort()
    },
  }
}

/** With two buyers and a product. */
export async function startPaidShop(
  t: ExecutionContext,
  {stock = 10, ...options}: PayingShopOptions & {stock?: number} = {},
): Promise<PaidShop> {
  const paying = await startPayingShop(t, options)
  const {shop, db} = paying
  const productId = await addProduct(db, {stock, price: 425})
  return {
    ...paying,
    anna: await addBuyer(shop),
    ben: await addBuyer(shop),
    productId,
    order: async (buyer, body, headers) =>
      shop.send('PUT', '/orders/create/', {
        headers: {...buyer.headers, ...headers},
        json: {items: [{product_id: productId, quantity: 1}], ...body},
      }),
    request: async (buyer, method, path, json) =>
      shop.send(method, path, {headers: buyer.headers, ...(json !== undefined && {json})}),
  }
}

function countCalls(gateway: Gateway, calls: string[]): Gateway {
  return Object.fromEntries(
    Object.entries(gateway).map(([name, value]) => [
      name,
      typeof value === 'function' && !['event', 'obstacleTo'].includes(name)
        ? (...parameters: never[]): unknown => {
            calls.push(name)
            return (value as (...parameters: never[]) => unknown)(...parameters)
          }
        : value,
    ]),
  ) as unknown as Gateway
}
