import {createHmac} from 'node:crypto'

import test from 'ava'

import {InvalidSignatureError, type ProviderEvent} from '../../../../../src/gateways/gateway.ts'
import {createTestGateway} from '../../../../../src/gateways/test-provider/test-gateway.ts'
import {actionUrl, startProvider} from '../helpers.ts'

const header = 'test-provider-signature'

const event: ProviderEvent = {id: 'test_event_1', type: 'payment.captured', paymentId: 'test_pay_1'}

function minutesFromNow(minutes: number): Date {
  return new Date(new Date().getTime() + minutes * 60_000)
}

test('a webhook is accepted as it was signed, and refused if a byte of it differs', async (t) => {
  const {gateway} = await startProvider(t)
  const {body, headers} = gateway.webhook(event)
  t.deepEqual(gateway.event(body, headers), event)

  const changed = Buffer.from(body)
  changed[changed.length - 3] = 0x32
  const spaced = Buffer.from(JSON.stringify(JSON.parse(body.toString()), undefined, 1))
  const signature = headers[header] ?? ''
  const other = signature.endsWith('0') ? '1' : '0'
  for (const [rawBody, value] of [
    [changed, signature],
    [spaced, signature],
    [Buffer.alloc(0), signature],
    [body, signature.slice(0, -1) + other],
    [body, signature.slice(0, -1)],
    [body, signature.replace(/t=\d+/, (time) => `t=${Number(time.slice(2)) + 1}`)],
    [body, signature.replace(/,v1=.*/, '')],
    [body, ''],
    [body, undefined],
    [body, [signature]],
    [body, `${signature}${',v1='.padEnd(68, '0').repeat(10)}`],
  ] as const) {
    const given = value === undefined ? {} : {[header]: typeof value === 'string' ? value : [...value]}
    t.throws(() => gateway.event(rawBody, given), {instanceOf: InvalidSignatureError}, `with ${String(value)}`)
  }
})

test('a webhook is accepted for five minutes', async (t) => {
  const {gateway} = await startProvider(t)

  for (const minutes of [-4.9, 4.9]) {
    const {body, headers} = gateway.webhook(event, minutesFromNow(minutes))
    t.deepEqual(gateway.event(body, headers), event)
  }
  for (const minutes of [-5.1, 5.1]) {
    const {body, headers} = gateway.webhook(event, minutesFromNow(minutes))
    t.throws(() => gateway.event(body, headers), {instanceOf: InvalidSignatureError, message: /old/})
  }
})

test('a secret is rotated without losing a webhook', async (t) => {
  const {db, gateway: old} = await startProvider(t, {webhookSecrets: ['old']})
  const create = (webhookSecrets: string[]) => createTestGateway({db, webhookSecrets, actionUrl})
  const [both, current] = [create(['new', 'old']), create(['new'])]
  const before = old.webhook(event)
  const after = both.webhook(event)

  t.deepEqual(both.event(before.body, before.headers), event)
  t.deepEqual(both.event(after.body, after.headers), event)
  t.deepEqual(current.event(after.body, after.headers), event)
  t.throws(() => current.event(before.body, before.headers), {instanceOf: InvalidSignatureError})
  t.throws(() => old.event(after.body, after.headers), {instanceOf: InvalidSignatureError})
})

test('of several signatures, one has to be right', async (t) => {
  const {gateway} = await startProvider(t)
  const {body, headers} = gateway.webhook(event)
  const signature = (headers[header] ?? '').replace(',v1=', `,v1=${'0'.repeat(64)},v1=`)

  t.deepEqual(gateway.event(body, {[header]: signature}), event)
})

test('a body that is signed but is not an event is refused', async (t) => {
  const {gateway} = await startProvider(t)
  const time = String(Math.floor(new Date().getTime() / 1000))

  for (const text of ['', 'null', '[]', '{', '{"id": 1, "type": "x", "payment": null}', '{"id": "1", "type": "x"}']) {
    const mac = createHmac('sha256', 'current').update(`${time}.${text}`).digest('hex')
    const sent = (): unknown => gateway.event(Buffer.from(text), {[header]: `t=${time},v1=${mac}`})
    t.throws(sent, {instanceOf: InvalidSignatureError, message: /is signed/}, `for ${text}`)
  }
})

test('there is no provider without a secret', async (t) => {
  const {db} = await startProvider(t)

  for (const webhookSecrets of [[], [''], ['good', '']]) {
    t.throws(() => createTestGateway({db, webhookSecrets, actionUrl}), {instanceOf: TypeError})
  }
})
