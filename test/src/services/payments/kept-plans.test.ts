import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {createTestGateway} from '../../../../src/gateways/test-provider/test-gateway.ts'
import {createReceiveEvent} from '../../../../src/services/payments/events.ts'
import {addMethod, createMethodLookup, customerOf} from '../../../../src/services/payments/methods.ts'
import {createPayNow} from '../../../../src/services/payments/pay-now.ts'
import {checkout, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase, sessionsOfTests} from '../../../helpers/database.ts'
import {settings} from '../../../helpers/payments.ts'
import {growTables, mostRows, scansOf} from '../../../helpers/scans.ts'
import {addProduct, addUser} from '../../../helpers/shop.ts'

test('plans of payments that were made while the tables were empty find rows by their keys when they have grown', async (t) => {
  const {db, url} = await createDatabase(t)
  const {signal} = new AbortController()
  const gateway = createTestGateway({db, webhookSecrets: ['secret'], actionUrl: (id) => `/actions/${id}`})
  const anna = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  const provided = await gateway.addMethod(await customerOf(db, gateway, anna, signal), 'ok')
  const {id: method} = await addMethod(db, {userId: anna, provider: 'test', method: provided})
  const single = connect(() => ({connectionString: url}), {poolSize: 1, ...sessionsOfTests})
  t.teardown(async () => single.destroy())
  const payNow = createPayNow(single, gateway, {notesWrites: true})
  const receive = createReceiveEvent(single, gateway)
  await db.raw('vacuum analyze')
  const found = await createMethodLookup(db, 'test')({userId: anna, method})
  const charge = {method: found, isRequired: false, capture: 'automatic', gateway} as const

  async function payBasket(): Promise<void> {
    const jobs = [setItem(anna, productId, 1), {...checkout(anna), charge}]
    for (const outcome of await decideJobs(db, jobs)) {
      if (outcome.status !== 'placed') continue
      const payment = await payNow(outcome.placement.order.paymentId ?? 0, {settings, signal, callMs: 10_000})
      t.is(payment?.state, 'captured')
      await receive({id: crypto.randomUUID(), type: 'payment.captured', paymentId: payment?.providerId ?? null})
    }
  }
  await payBasket()
  await growTables(db)
  const scans = await scansOf(single, payBasket)

  t.deepEqual(
    scans.filter(({rows}) => rows > mostRows),
    [],
  )
  t.deepEqual(
    ['baskets', 'orders', 'payment_methods', 'payments'].filter((table) => !scans.some((scan) => scan.table === table)),
    [],
  )
})
