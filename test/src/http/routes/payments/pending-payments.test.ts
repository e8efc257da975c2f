import {EventEmitter, once} from 'node:events'
import {connect} from 'node:net'

import test from 'ava'

import {ProviderBusyError, UnknownOutcomeError} from '../../../../../src/gateways/gateway.ts'
import type {TestGateway} from '../../../../../src/gateways/test-provider/test-gateway.ts'
import {startPaidShop} from '../../../../helpers/paid-shop.ts'
import {stockOf} from '../../../../helpers/shop.ts'
import {until} from '../../../../helpers/until.ts'

for (const outcome of ['timeout_then_captured', 'timeout_then_nothing', '500_then_captured'] as const) {
  test(`without an answer in time the order is pending, and paid once afterwards: ${outcome}`, async (t) => {
    const {db, gateway, anna, method, order, request, work} = await startPaidShop(t, {context: {waitMs: 300}})
    await method(anna, outcome)

    const {status, body} = await order(anna, {payment_method: 'default'})
    t.like({status, body}, {status: 201, body: {payment_status: 'pending', next_action: null}})
    t.like(await db('payments').first(), {state: 'unknown'})

    await until(async () => {
      await db('payments').whereNotNull('next_try_at').update({next_try_at: db.fn.now()})
      await work()
      const {body: payment} = await request(anna, 'GET', `/orders/${body.order_id}/payment/`)
      return payment.payment_status === 'paid'
    })
    const theirs = []
    for await (const one of gateway.list('2020-01-01T00:00:00Z', new AbortController().signal)) theirs.push(one)
    t.is(theirs.length, 1)
  })
}

test('a provider that is busy is asked again later, with the same key', async (t) => {
  const keys: string[] = []
  const {db, anna, method, order, work} = await startPaidShop(t, {
    faults: ({pay}) => ({
      async pay(payment, signal) {
        keys.push(payment.key)
        if (keys.length === 1) throw new ProviderBusyError('There are too many requests.')
        return pay(payment, signal)
      },
    }),
  })
  await method(anna, 'ok')

  t.like(await order(anna, {payment_method: 'default'}), {status: 201, body: {payment_status: 'pending'}})
  await db('payments').update({next_try_at: db.fn.now()})
  await work()

  t.like(await db('orders').first(), {payment_status: 'paid'})
  t.is(keys.length, 2)
  t.is(keys[0], keys[1])
})

test('a webhook that comes before the response changes nothing', async (t) => {
  const acted = new EventEmitter()
  const {shop, db, gateway, anna, method, order, work} = await startPaidShop(t, {
    faults: ({pay}) => ({
      async pay(...parameters) {
        const paid = await pay(...parameters)
        const told = once(acted, 'told')
        acted.emit('paid')
        await told
        return paid
      },
    }),
  })
  await method(anna, 'ok')

  const paid = once(acted, 'paid')
  const answer = order(anna, {payment_method: 'default'})
  await paid
  for (const event of await gateway.listEvents()) {
    const {body, headers} = gateway.webhook(event)
    t.is((await shop.send('POST', '/webhooks/test/', {body: new Uint8Array(body), headers})).status, 200)
  }
  await work()
  acted.emit('told')

  t.like(await answer, {status: 201, body: {payment_status: 'paid'}})
  t.like(await db('payments').first(), {state: 'captured', captured: 425})
})

test('two hundred charges are under way with five database connections, and other requests are served', async (t) => {
  const released = new EventEmitter()
  released.setMaxListeners(0)
  const {calls, anna, ben, method, order} = await startPaidShop(t, {
    stock: 1000,
    poolSize: 5,
    // A busy machine takes longer than a request would wait.
    context: {waitMs: 120_000},
    faults: ({pay}) => ({
      async pay(...parameters) {
        await once(released, 'now')
        return pay(...parameters)
      },
    }),
  })
  await method(anna, 'ok')

  const orders = Array.from({length: 200}, async () => order(anna, {payment_method: 'default'}))
  await until(async () => Promise.resolve(calls.length === 200))
  t.is((await order(ben)).status, 201)
  released.emit('now')

  t.true((await Promise.all(orders)).every(({body}) => body.payment_status === 'paid'))
})

/** A provider whose payments wait for an event. */
function heldUntil(released: EventEmitter): (gateway: TestGateway) => Pick<TestGateway, 'pay'> {
  return ({pay}) => ({
    async pay(...parameters) {
      await once(released, 'now')
      return pay(...parameters)
    },
  })
}

test('a provider that is slow for one buyer delays no other', async (t) => {
  const released = new EventEmitter()
  const {calls, anna, ben, method, order} = await startPaidShop(t, {faults: heldUntil(released)})
  await method(anna, 'ok')

  const first = order(anna, {payment_method: 'default'})
  await until(async () => Promise.resolve(calls.includes('pay')))
  const others = await Promise.all(Array.from({length: 5}, async () => order(ben)))
  t.true(others.every(({status}) => status === 201))
  released.emit('now')

  t.is((await first).body.payment_status, 'paid')
})

test('a request that is repeated while the first is being charged is pending, and a refresh tells when it is paid', async (t) => {
  const released = new EventEmitter()
  const {calls, anna, method, order, request} = await startPaidShop(t, {faults: heldUntil(released)})
  await method(anna, 'ok')
  const click = async () => order(anna, {payment_method: 'default'}, {'idempotency-key': 'click'})
  const first = click()
  await until(async () => Promise.resolve(calls.includes('pay')))

  const second = await click()
  t.like(second, {status: 201, body: {payment_status: 'pending', next_action: null}})
  const refresh = `/orders/${second.body.order_id}/payment/refresh/`
  t.like((await request(anna, 'POST', refresh)).body, {payment_status: 'pending', state: 'submitted'})
  released.emit('now')

  t.is((await first).body.payment_status, 'paid')
  t.is((await request(anna, 'POST', refresh)).body.payment_status, 'paid')
  t.deepEqual(
    calls.filter((name) => ['pay', 'read', 'find'].includes(name)),
    ['pay'],
  )
})

test('while the provider is down, new payments are refused before stock is taken, and earlier ones are answered', async (t) => {
  const provider = {isDown: false}
  const {db, calls, anna, productId, method, order, request} = await startPaidShop(t, {
    stock: 100,
    faults: ({pay}) => ({
      pay: async (...parameters) => {
        if (provider.isDown) throw new UnknownOutcomeError('The connection was reset.')
        return pay(...parameters)
      },
      setUp: async () => Promise.reject(new ProviderBusyError('Try later.')),
    }),
  })
  await method(anna, 'ok')
  const headers = {'idempotency-key': 'before'}
  const {body: before} = await order(anna, {payment_method: 'default'}, headers)

  provider.isDown = true
  for (let count = 0; count < 5; count++) {
    t.is((await order(anna, {payment_method: 'default'})).body.payment_status, 'pending')
  }
  const stock = await stockOf(db, productId)
  const refused = await order(anna, {payment_method: 'default'})

  t.like(refused, {status: 503, body: {code: 'payment_unavailable'}})
  t.is(refused.headers.get('retry-after'), '5')
  t.is(await stockOf(db, productId), stock)
  t.is(calls.filter((name) => name === 'pay').length, 6)
  t.deepEqual((await order(anna, {payment_method: 'default'}, headers)).body, before)
  t.is((await order(anna)).status, 201)
  t.like(await request(anna, 'POST', '/payment-methods/setup/'), {status: 503, body: {code: 'payment_unavailable'}})
})

test('the turn of a payment while the provider is down goes to none that is repeated, out of stock or unpayable', async (t) => {
  const asked = {count: 0}
  const admits = () => (asked.count++, true)
  const {db, anna, productId, method, order} = await startPaidShop(t, {context: {health: {admits}}})
  await method(anna, 'ok')
  const charged = {payment_method: 'default'}
  const headers = {'idempotency-key': 'one'}

  t.is((await order(anna, charged, headers)).status, 201)
  t.is(asked.count, 1)
  t.is((await order(anna, charged, headers)).headers.get('idempotent-replayed'), 'true')
  const tooMany = {...charged, items: [{product_id: productId, quantity: 11}]}
  t.like(await order(anna, tooMany), {body: {code: 'out_of_stock'}})
  await db('product_prices').update({amount: 9_999_999_999 + 1})
  t.like(await order(anna, charged), {body: {code: 'unpayable'}})

  t.is(asked.count, 1)
})

test('a shutdown ends the wait for the provider, and the order is pending', async (t) => {
  const {db, calls, anna, method, order, end} = await startPaidShop(t)
  await method(anna, 'timeout_then_captured')

  const answer = order(anna, {payment_method: 'default'})
  await until(async () => Promise.resolve(calls.includes('pay')))
  end()

  t.like(await answer, {status: 201, body: {payment_status: 'pending'}})
  t.like(await db('payments').first(), {state: 'unknown', lease_until: null})
})

test('a client that has gone when its order is placed is not charged', async (t) => {
  const lines: {status?: unknown}[] = []
  const {shop, db, calls, anna, productId, method, work} = await startPaidShop(t, {
    log: {info: (fields) => lines.push(fields), warn: () => undefined, error: () => undefined},
  })
  const id = await method(anna, 'ok')
  await db.raw(`
    create function wait() returns trigger language plpgsql as $$
    begin
      -- The order waits until the client has gone, however long that takes.
      perform set_config('lock_timeout', '0', true);
      perform pg_advisory_xact_lock(4711);
      return new;
    end $$;
    create trigger wait before insert on payments for each statement execute function wait()`)

  await db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(4711)')
    const body = JSON.stringify({items: [{product_id: productId, quantity: 1}], payment_method: id})
    const client = connect(Number(new URL(shop.origin).port), '127.0.0.1')
    await once(client, 'connect')
    client.write(
      `PUT /orders/create/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${anna.headers.authorization}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    await until(async () => {
      // Locks of other tests' databases are in the view as well.
      const {rows} = await db.raw(
        `select from pg_locks
         join pg_database on pg_database.oid = database and datname = current_database()
         where locktype = 'advisory' and not granted`,
      )
      return rows.length > 0
    })
    client.destroy()
    await until(async () => Promise.resolve(lines.some(({status}) => status === 'aborted')))
  })
  await until(async () => (await db('payments').count<{count: number}[]>('* as count'))[0]?.count === 1)

  await work()
  t.deepEqual(calls, [])
  await db('payments').update({created_at: db.raw(`now() - interval '61 s'`), next_try_at: db.fn.now()})
  await work()
  t.deepEqual(calls, ['find'])
  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
  t.is(await stockOf(db, productId), 10)
})

test('a request that is repeated after its client had gone charges the order', async (t) => {
  const {db, calls, anna, method, order} = await startPaidShop(t)
  await method(anna, 'ok')
  const headers = {'idempotency-key': 'one'}
  // As a crash between the order and its charge leaves it.
  await db.raw(`
    create function lose() returns trigger language plpgsql as $$ begin raise 'gone' using errcode = '57P01'; end $$;
    create trigger lose before update on payments for each statement execute function lose()`)
  const lost = await order(anna, {payment_method: 'default'}, headers)
  t.like(lost, {status: 201, body: {payment_status: 'pending'}})
  t.deepEqual(calls, [])
  await db.raw('drop trigger lose on payments')

  const repeated = await order(anna, {payment_method: 'default'}, headers)

  t.like(repeated, {status: 201, body: {order_id: lost.body.order_id, payment_status: 'paid'}})
  t.deepEqual(calls, ['pay'])
})
