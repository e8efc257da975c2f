import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import test, {type ExecutionContext} from 'ava'

import {UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {query} from '../../../../src/db/query.ts'
import {createEmptyDatabase} from '../../../helpers/database.ts'
import {until} from '../../../helpers/until.ts'
import {openGateway, type Order, patient, startProvider} from './helpers.ts'

/** Starts a process that pays, and resolves once its call is under way. */
async function startPayer(t: ExecutionContext, url: string, order: Order, delayMs = 0): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('payer.js', import.meta.url))
  const payer = spawn(process.execPath, [program, url, JSON.stringify(order), String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => payer.kill('SIGKILL'))
  const [output] = (await once(payer.stdout, 'data')) as [Buffer]
  t.is(output.toString(), 'paying\n')
  return payer
}

async function kill(payer: ChildProcess): Promise<void> {
  const ended = once(payer, 'exit')
  payer.kill('SIGKILL')
  await ended
}

test('a shop that is killed before its call arrives has paid nothing', async (t) => {
  const {gateway, url, order, payments} = await startProvider(t)
  const wanted = await order('ok')
  const payer = await startPayer(t, url, wanted, 3_600_000)

  await kill(payer)

  t.is(await gateway.find(wanted, patient()), undefined)
  t.like(await gateway.pay(wanted, patient()), {state: {kind: 'captured'}})
  t.is((await payments()).length, 1)
})

test('a shop that is killed before the answer arrives has paid, and its repeat pays nothing more', async (t) => {
  const {gateway, url, order, payments} = await startProvider(t)
  const wanted = await order('timeout_then_captured')
  const payer = await startPayer(t, url, wanted)
  await until(async () => (await gateway.find(wanted, patient())) !== undefined)

  await kill(payer)

  const repeated = await gateway.pay(wanted, patient())
  t.like(repeated, {state: {kind: 'captured'}, captured: 1500})
  t.deepEqual(await payments(), [repeated])
})

test('a slow payment settles although the shop that waited for it was killed', async (t) => {
  const {gateway, url, order, payments} = await startProvider(t)
  const wanted = await order('slow_3s')
  const payer = await startPayer(t, url, wanted)
  await until(async () => (await gateway.find(wanted, patient()))?.state.kind === 'processing')

  await kill(payer)

  await until(async () => (await gateway.find(wanted, patient()))?.state.kind === 'captured')
  t.deepEqual(await payments(), [await gateway.pay(wanted, patient())])
})

test('what the provider did stays done when the transaction of the shop is rolled back', async (t) => {
  const {gateway, shop, order} = await startProvider(t)
  const wanted = await order('ok')

  const crashed = shop.transaction(async (trx) => {
    await query(trx, 'create table orders (id bigint)')
    await gateway.pay(wanted, patient())
    throw new Error('the shop crashed')
  })

  await t.throwsAsync(crashed, {message: 'the shop crashed'})
  t.like(await gateway.find(wanted, patient()), {state: {kind: 'captured'}})
})

test('shops that use the provider for the first time at once create its tables together', async (t) => {
  const {db, url} = await createEmptyDatabase(t)
  const gateways = Array.from({length: 8}, () => openGateway(t, url).gateway)

  const ids = await Promise.all(
    gateways.map(async (gateway, userId) => gateway.createCustomer({userId, key: `customer:${userId}`}, patient())),
  )

  t.is(new Set(ids).size, 8)
  t.is((await db('test_provider.customers')).length, 8)
})

test('the outcome is unknown when the database fails, and later calls succeed', async (t) => {
  const {gateway, shop, order} = await startProvider(t)
  const wanted = await order('ok')
  await query(shop, 'alter table test_provider.payments rename to away')

  await t.throwsAsync(gateway.pay(wanted, patient()), {instanceOf: UnknownOutcomeError})
  await t.throwsAsync(gateway.read('test_pay_none', patient()), {instanceOf: UnknownOutcomeError})
  await query(shop, 'alter table test_provider.away rename to payments')

  t.like(await gateway.pay(wanted, patient()), {state: {kind: 'captured'}})
})
