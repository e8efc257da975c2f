import type {ExecutionContext} from 'ava'

import {connect} from '../../src/db/connect.ts'
import type {Outcome} from '../../src/gateways/test-provider/outcomes.ts'
import {createTestGateway} from '../../src/gateways/test-provider/test-gateway.ts'
import {defaultHoldSettings} from '../../src/hold-settings.ts'
import {audit} from '../../src/services/audit.ts'
import {advance} from '../../src/services/payments/advance.ts'
import type {Charge} from '../../src/services/payments/charge.ts'
import {addMethod, customerOf, findMethod} from '../../src/services/payments/methods.ts'
import {findPaymentOfOrder, type Payment} from '../../src/services/payments/payment.ts'
import {createDatabase} from './database.ts'
import {addProduct, addUser} from './shop.ts'

export const settings = {holds: defaultHoldSettings, actionSeconds: 900}

/** A shop with a buyer, a product and the test provider. The audit is clean at the end. */
export async function createPaidShop(t: ExecutionContext, {stock = 10} = {}) {
  const {db, url} = await createDatabase(t)
  const providerDb = connect(() => ({connectionString: url}), {poolSize: 5})
  const gateway = createTestGateway({
    db: providerDb,
    webhookSecrets: ['secret'],
    actionUrl: (id) => `http://localhost/actions/${id}`,
    settleMs: 200,
  })
  const ending = new AbortController()
  const {signal} = ending
  t.teardown(async () => {
    ending.abort()
    await providerDb.destroy()
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  const anna = await addUser(db)
  const productId = await addProduct(db, {stock})

  async function charge(outcome: Outcome, options: Partial<Charge> = {}): Promise<Charge> {
    const customerId = await customerOf(db, gateway, anna, signal)
    const method = await gateway.addMethod(customerId, outcome)
    const {id} = await addMethod(db, {userId: anna, provider: 'test', method})
    const found = await findMethod(db, {userId: anna, provider: 'test', method: id})
    return {method: found, isRequired: false, capture: 'automatic', gateway, ...options}
  }
  async function pay(orderId: number, {mayStart = true} = {}): Promise<Payment | undefined> {
    const payment = await findPaymentOfOrder(db, orderId)
    return payment && advance(db, gateway, payment.id, {mayStart, settings, signal})
  }
  return {db, url, gateway, anna, productId, charge, pay, signal}
}
