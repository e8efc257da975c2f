import test from 'ava'

import {RefusedError} from '../../../../src/gateways/gateway.ts'
import {patient, startProvider} from './helpers.ts'

test('a setup has no method until it is confirmed, and one method however often it is', async (t) => {
  const {gateway, customerId, order} = await startProvider(t)
  const setup = await gateway.setUp({customerId, key: 'setup'}, patient())
  t.is(await gateway.readMethod(setup.id, patient()), undefined)

  const [method, ...others] = await Promise.all(
    Array.from({length: 5}, async () => gateway.confirmSetup(setup.id, 'declined')),
  )

  t.like(method, {customerId, last4: '0002'})
  for (const other of others) t.deepEqual(other, method)
  t.deepEqual(await gateway.readMethod(setup.id, patient()), method)
  const payment = await gateway.pay(await order('ok', {methodId: method?.id ?? ''}), patient())
  t.is(payment.state.kind, 'declined')
})

test('a method that was detached cannot be charged, and is detached twice without harm', async (t) => {
  const {gateway, order, customerId, payments} = await startProvider(t)
  const setup = await gateway.setUp({customerId, key: 'setup'}, patient())
  const {id: methodId} = await gateway.confirmSetup(setup.id, 'ok')

  await gateway.detach(methodId, patient())
  await gateway.detach(methodId, patient())
  await gateway.detach('test_method_none', patient())

  const refused = {instanceOf: RefusedError, code: 'resource_missing'}
  await t.throwsAsync(gateway.pay(await order('ok', {methodId}), patient()), refused)
  await t.throwsAsync(gateway.readMethod(setup.id, patient()), refused)
  t.deepEqual(await payments(), [])
})

test('a customer is charged only with methods of their own', async (t) => {
  const {gateway, order, payments} = await startProvider(t)
  const other = await gateway.createCustomer({userId: 2, key: 'other'}, patient())

  const refused = gateway.pay(await order('ok', {customerId: other}), patient())

  await t.throwsAsync(refused, {instanceOf: RefusedError, code: 'resource_missing'})
  t.deepEqual(await payments(), [])
})

test('unknown customers and setups are refused', async (t) => {
  const {gateway} = await startProvider(t)

  for (const refused of [
    gateway.setUp({customerId: 'test_customer_none', key: 'setup'}, patient()),
    gateway.addMethod('test_customer_none', 'ok'),
    gateway.readMethod('test_setup_none', patient()),
    gateway.confirmSetup('test_setup_none', 'ok'),
    gateway.completeAction('test_pay_none', 'succeed'),
  ]) {
    await t.throwsAsync(refused, {instanceOf: RefusedError, code: 'resource_missing'})
  }
})
