import {gzipSync} from 'node:zlib'

import test from 'ava'

import {connect} from '../../../../../src/db/connect.ts'
import {createWebhook, type Webhook} from '../../../../../src/gateways/test-provider/webhooks/webhook.ts'
import {type PaidShop, startPaidShop} from '../../../../helpers/paid-shop.ts'
import type {Answer} from '../../../../helpers/http.ts'

const path = '/webhooks/test/'

async function post({shop}: PaidShop, {body, headers}: Webhook, more: Record<string, string> = {}): Promise<Answer> {
  return shop.send('POST', path, {body: new Uint8Array(body), headers: {...headers, ...more}})
}

/** An order that waits for its buyer, who has acted in the meantime, and the event of that. */
async function actedOn(opened: PaidShop) {
  const {shop, gateway, anna, method, order} = opened
  const {body} = await order(anna, {payment_method: await method(anna, 'requires_action')})
  await shop.send('POST', new URL(body.next_action.url).pathname)
  const events = (await gateway.listEvents()).filter(({type}) => type === 'payment.captured')
  const [event] = events
  if (!event) throw new Error('The provider has no event.')
  return {orderId: body.order_id as number, event}
}

test('an event lets the background work ask the provider, however often it comes', async (t) => {
  const opened = await startPaidShop(t)
  const {db, gateway, calls, work} = opened
  const {event} = await actedOn(opened)
  await db('payments').update({next_try_at: db.raw(`now() + interval '1 hour'`)})
  calls.length = 0

  const answers = await Promise.all(Array.from({length: 20}, async () => post(opened, gateway.webhook(event))))

  for (const {status, body} of answers) t.deepEqual([status, body], [200, ''])
  t.is((await db('payment_events')).length, 1)
  t.deepEqual(calls, [])
  await work()
  t.like(await db('orders').first(), {payment_status: 'paid'})
})

test('events of payments that the shop does not know, old and new, are answered alike', async (t) => {
  const opened = await startPaidShop(t)
  const {db, gateway} = opened
  const {event} = await actedOn(opened)
  const before = await db('payments').first()

  const answers = [
    await post(opened, gateway.webhook({...event, id: 'test_event_a', paymentId: 'somebody_else'})),
    await post(opened, gateway.webhook({...event, id: 'test_event_b', paymentId: null, type: 'method.attached'})),
    await post(opened, gateway.webhook({...event, id: 'test_event_c', type: 'payment.unheard_of'})),
    await post(opened, createWebhook(event, ['older'], new Date())),
  ]

  for (const {status, body} of answers) t.deepEqual([status, body], [200, ''])
  t.is((await db('payments').first()).state, before.state)
  t.is((await db('payment_events')).length, 4)
})

test('a signed event whose names cannot be stored is refused', async (t) => {
  const opened = await startPaidShop(t)
  const {db, gateway} = opened
  const {event} = await actedOn(opened)
  const stored = (await db('payment_events')).length

  for (const name of ['a\0b', 'a\ud800b', 'x'.repeat(256)]) {
    for (const key of ['id', 'type', 'paymentId']) {
      const {status, body} = await post(opened, gateway.webhook({...event, id: `test_${key}`, [key]: name}))
      t.deepEqual([status, body.code], [400, 'bad_request'], `${key} ${JSON.stringify(name.slice(0, 5))}`)
    }
  }
  t.is((await db('payment_events')).length, stored)
})

test('a webhook without a good signature is refused', async (t) => {
  const opened = await startPaidShop(t)
  const {shop, db, gateway} = opened
  const {event} = await actedOn(opened)
  const {body, headers} = gateway.webhook(event)
  const forged = createWebhook(event, ['guess'], new Date())
  const old = gateway.webhook(event, new Date(new Date().getTime() - 3_600_000))

  const answers = [
    await post(opened, forged),
    await post(opened, old),
    await post(opened, {body: Buffer.concat([body, Buffer.from(' ')]), headers}),
    await post(opened, {body, headers: {'content-type': 'application/json'}}),
    await shop.send('POST', path),
    await shop.send('POST', path, {headers}),
  ]

  for (const answer of answers) {
    t.like(answer, {
      status: 400,
      body: {code: 'invalid_signature', detail: 'The signature of the webhook is not valid.'},
    })
  }
  t.deepEqual(await db('payment_events'), [])
})

test('a bad signature is refused before the database is asked, and a good one waits for it', async (t) => {
  const db = connect(() => ({connectionString: 'postgres://nobody@127.0.0.1:1/none'}), {poolSize: 1})
  t.teardown(async () => db.destroy())
  const opened = await startPaidShop(t, {db})
  const event = {id: 'test_event_1', type: 'payment.captured', paymentId: 'test_payment_1'}

  t.is((await post(opened, createWebhook(event, ['guess'], new Date()))).status, 400)
  t.like(await post(opened, createWebhook(event, ['secret'], new Date())), {
    status: 503,
    body: {code: 'database_unavailable'},
  })
})

test('the body of a webhook is bounded and not compressed', async (t) => {
  const opened = await startPaidShop(t)
  const {shop, gateway} = opened
  const {headers} = gateway.webhook({id: 'test_event_1', type: 'x', paymentId: null})

  const most = await shop.send('POST', path, {body: 'x'.repeat(256_000), headers})
  const beyond = await shop.send('POST', path, {body: 'x'.repeat(256_001), headers})
  const zipped = await post(opened, {body: gzipSync('x'.repeat(1_000_000)), headers}, {'content-encoding': 'gzip'})

  t.is(most.body.code, 'invalid_signature')
  t.like(beyond, {status: 413, body: {code: 'body_too_large', detail: 'The body is larger than 256 kB.'}})
  t.like(zipped, {status: 415, body: {code: 'unsupported_media_type'}})
})

test('there is an endpoint for the provider of the shop only', async (t) => {
  const {shop} = await startPaidShop(t)
  t.like(await shop.send('POST', '/webhooks/stripe/'), {status: 404, body: {code: 'not_found'}})
  t.is((await shop.send('GET', path)).status, 405)
})
