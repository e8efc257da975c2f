import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {buffer} from 'node:stream/consumers'

import test, {type ExecutionContext} from 'ava'

import type {Webhook} from '../../../../../src/gateways/test-provider/webhooks/webhook.ts'
import {openGateway, patient, startProvider, usd} from '../helpers.ts'

/** A shop that takes webhooks, and answers as `statusFor` says. */
async function startReceiver(
  t: ExecutionContext,
  statusFor: (webhook: Webhook) => number = () => 200,
): Promise<{url: string; received: Webhook[]}> {
  const received: Webhook[] = []
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const webhook = {body, headers: request.headers as Record<string, string>}
      received.push(webhook)
      response.writeHead(statusFor(webhook)).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received}
}

test('every change of state has an event, in order, which a webhook tells of', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {url, received} = await startReceiver(t)
  const {id: paymentId} = await gateway.pay(await order('requires_action', {capture: 'manual'}), patient())
  await gateway.completeAction(paymentId, 'succeed')
  await gateway.capture({paymentId, money: usd(1500), key: 'capture'}, patient())
  await gateway.refund({paymentId, money: usd(1), key: 'refund'}, patient())
  const listed = await gateway.listEvents()

  t.is(await gateway.deliverEvents({url}, patient()), listed.length)

  t.deepEqual(
    received.map(({body, headers}) => gateway.event(body, headers)),
    listed,
  )
  t.deepEqual(
    listed.map(({type, paymentId: about}) => [type, about]),
    [
      ['method.attached', null],
      ['payment.requires_action', paymentId],
      ['payment.authorized', paymentId],
      ['payment.captured', paymentId],
      ['refund.succeeded', paymentId],
    ],
  )
  t.is(new Set(listed.map(({id}) => id)).size, listed.length)
  t.is(await gateway.deliverEvents({url}, patient()), 0)
})

test('a payment that settles while nobody reads it is told of, too', async (t) => {
  const {gateway, order} = await startProvider(t, {settleMs: 0})
  const {url, received} = await startReceiver(t)
  await gateway.pay(await order('processing_then_failed'), patient())

  await gateway.deliverEvents({url}, patient())

  const types = received.map(({body, headers}) => gateway.event(body, headers).type)
  t.deepEqual(types, ['method.attached', 'payment.processing', 'payment.declined'])
})

test('webhooks are sent several times and out of order on request', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {url, received} = await startReceiver(t)
  const template = await order('ok')
  for (let index = 0; index < 40; index++) {
    await gateway.pay({...template, reference: `r${index}`, key: `r${index}`}, patient())
  }
  const listed = await gateway.listEvents()

  t.is(await gateway.deliverEvents({url, copies: 3, isShuffled: true}, patient()), listed.length)

  const ids = received.map(({body, headers}) => gateway.event(body, headers).id)
  t.is(ids.length, listed.length * 3)
  const inOrder = listed.flatMap(({id}) => [id, id, id])
  t.deepEqual(ids.toSorted(), inOrder.toSorted())
  t.notDeepEqual(ids, inOrder)
})

test('an event that is not accepted is sent again later', async (t) => {
  const {gateway, db, order} = await startProvider(t)
  let status = 500
  const {url, received} = await startReceiver(t, () => status)
  await gateway.pay(await order('ok'), patient())
  t.is(await gateway.deliverEvents({url}, patient()), 0)
  t.is(received.length, 2)
  t.is(await gateway.deliverEvents({url}, patient()), 0, 'not before some time has passed')

  status = 204
  await db('test_provider.events').update({next_try_at: db.raw('clock_timestamp()')})

  t.is(await gateway.deliverEvents({url}, patient()), 2)
  t.is(received.length, 4)
})

test('processes that deliver at the same time send each event once', async (t) => {
  const {gateway, url: databaseUrl, order} = await startProvider(t)
  const {url, received} = await startReceiver(t)
  const others = Array.from({length: 3}, () => openGateway(t, databaseUrl).gateway)
  await Promise.all(Array.from({length: 30}, async () => gateway.pay(await order('ok'), patient())))
  // Until then, their tables and connections keep them from starting at the same time.
  const all = await Promise.all([gateway, ...others].map(async (one) => one.listEvents()))

  const counts = await Promise.all([gateway, ...others].map(async (one) => one.deliverEvents({url}, patient())))

  t.is(all[0]?.length, 60)
  t.is(
    counts.reduce((sum, count) => sum + count),
    60,
  )
  t.is(received.length, 60)
})

test('an event is kept while nobody listens, and given up after three days', async (t) => {
  const {gateway, db, order} = await startProvider(t)
  await gateway.pay(await order('ok'), patient())
  const due = async (): Promise<unknown> =>
    db('test_provider.events').update({next_try_at: db.raw('clock_timestamp()')})
  const closed = {url: 'http://127.0.0.1:1/'}

  t.is(await gateway.deliverEvents(closed, patient()), 0)
  t.is((await db('test_provider.events').whereNotNull('next_try_at')).length, 2)
  await db('test_provider.events').update({created_at: db.raw("clock_timestamp() - interval '4 days'")})
  await due()
  t.is(await gateway.deliverEvents(closed, patient()), 0)
  t.is((await db('test_provider.events').whereNotNull('next_try_at')).length, 0)
})

test('a delivery to a receiver that refuses ends, even if it may try again at once', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {url, received} = await startReceiver(t, () => 503)
  await gateway.pay(await order('ok'), patient())

  t.is(await gateway.deliverEvents({url, retryMs: 0}, patient()), 0)
  t.is(received.length, 2)
})
