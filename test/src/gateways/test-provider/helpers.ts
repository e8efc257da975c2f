import {randomUUID} from 'node:crypto'

import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import type {PaymentOrder, ProviderPayment, Money} from '../../../../src/gateways/gateway.ts'
import type {Outcome} from '../../../../src/gateways/test-provider/outcomes.ts'
import {
  createTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../../../src/gateways/test-provider/test-gateway.ts'
import {createEmptyDatabase} from '../../../helpers/database.ts'

export type Order = PaymentOrder & {key: string}

export type TestProvider = {
  gateway: TestGateway
  /** The provider's own connection pool. */
  db: Knex
  /** Another connection pool on the same database, as the shop has. */
  shop: Knex
  url: string
  customerId: string
  /** An order of 15.00 USD with a new method of the outcome. */
  order: (outcome: Outcome, changes?: Partial<Order>) => Promise<Order>
  payments: () => Promise<ProviderPayment[]>
}

type Options = Partial<Omit<TestGatewayOptions, 'db'>>

export function actionUrl(paymentId: string): string {
  return `http://127.0.0.1:8000/test-provider/payments/${paymentId}/`
}

/** A gateway as a shop process would create it. */
export function openGateway(
  t: Pick<ExecutionContext, 'teardown'>,
  url: string,
  options: Options = {},
): {gateway: TestGateway; db: Knex} {
  const db = connect(() => ({connectionString: url}), {poolSize: 4, keepsPlans: true, name: 'test provider'})
  t.teardown(async () => db.destroy())
  return {gateway: createTestGateway({db, webhookSecrets: ['current'], actionUrl, ...options}), db}
}

export async function startProvider(t: ExecutionContext, options: Options = {}): Promise<TestProvider> {
  const {db: shop, url} = await createEmptyDatabase(t)
  const {gateway, db} = openGateway(t, url, options)
  const customerId = await gateway.createCustomer({userId: 1, key: 'customer'}, patient())
  return {
    ...{gateway, db, shop, url, customerId},
    async order(outcome, changes = {}) {
      const reference = randomUUID()
      const {id: methodId} = await gateway.addMethod(customerId, outcome)
      const money = {amount: 1500, currency: 'USD'}
      const order: Order = {
        ...{reference, customerId, methodId, money, createdAt: new Date().toISOString()},
        returnUrl: undefined,
        capture: 'automatic',
        key: reference,
      }
      return {...order, ...changes}
    },
    payments: async () => listAll(gateway),
  }
}

export async function listAll(gateway: TestGateway, since = '2000-01-01T00:00:00Z'): Promise<ProviderPayment[]> {
  const payments: ProviderPayment[] = []
  for await (const payment of gateway.list(since, patient())) payments.push(payment)
  return payments
}

/** The signal of a caller that waits for longer than any test takes. */
export function patient(): AbortSignal {
  return AbortSignal.timeout(60_000)
}

export function usd(amount: number): Money {
  return {amount, currency: 'USD'}
}
