import test from 'ava'

import {startPaidShop} from '../../../../helpers/paid-shop.ts'
import {stockOf} from '../../../../helpers/shop.ts'
import {until} from '../../../../helpers/until.ts'

test('an action is completed at the address that the answer names, and a refresh finds out', async (t) => {
  const {shop, db, anna, method, order, request} = await startPaidShop(t)
  await method(anna, 'requires_action')

  const {status, body} = await order(anna, {payment_method: 'default', return_url: 'https://shop.example/done'})
  t.is(status, 201)
  t.is(body.payment_status, 'pending')
  const {type, url} = body.next_action
  t.is(type, 'redirect')
  t.regex(url, new RegExp(`^${shop.origin}/test-provider/actions/\\w+/$`))
  const payment = `/orders/${body.order_id}/payment/`
  const before = (await request(anna, 'GET', payment)).body
  t.deepEqual(before.next_action, {type, url})
  t.truthy(before.due_at)

  const done = await shop.send('POST', new URL(url).pathname, {json: {outcome: 'succeed'}})
  t.deepEqual(done.body, {state: 'captured', return_url: 'https://shop.example/done'})
  t.like((await request(anna, 'POST', `${payment}refresh/`)).body, {payment_status: 'paid', next_action: null})
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'paid'})
})

test('an action that fails cancels the order, and a repeat of the request is 402', async (t) => {
  const {shop, db, anna, productId, method, order, request} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const headers = {'idempotency-key': 'one'}
  const {body} = await order(anna, {payment_method: 'default'}, headers)
  t.is(await stockOf(db, productId), 9)
  t.deepEqual((await order(anna, {payment_method: 'default'}, headers)).body, body)

  await shop.send('POST', new URL(body.next_action.url).pathname, {json: {outcome: 'fail'}})
  const refreshed = await request(anna, 'POST', `/orders/${body.order_id}/payment/refresh/`)

  t.like(refreshed.body, {payment_status: 'failed', decline_code: 'authentication_failed'})
  t.is(await stockOf(db, productId), 10)
  const repeated = await order(anna, {payment_method: 'default'}, headers)
  t.like(repeated, {status: 402, body: {code: 'payment_declined', decline_code: 'authentication_failed'}})
})

test('an action needs no body, is a form as well, and is completed once', async (t) => {
  const {shop, anna, method, order} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const [one, other] = [await order(anna, {payment_method: 'default'}), await order(anna, {payment_method: 'default'})]
  const path = new URL(one.body.next_action.url).pathname

  t.is((await shop.send('POST', path, {json: {outcome: 'perhaps'}})).status, 400)
  t.is((await shop.send('POST', path)).body.state, 'captured')
  t.is((await shop.send('POST', path)).status, 404)
  const refused = await shop.send('POST', new URL(other.body.next_action.url).pathname, {
    body: new URLSearchParams({outcome: 'fail'}),
  })
  t.is(refused.body.state, 'declined')
  t.is((await shop.send('POST', '/test-provider/actions/unknown/')).status, 404)
})

test('a browser that opens the address gets a form, and then a page with the way back', async (t) => {
  const {shop, anna, method, order} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const returnUrl = `https://shop.example/done?a="><script>&b='`
  const {body} = await order(anna, {payment_method: 'default', return_url: returnUrl})
  const path = new URL(body.next_action.url).pathname
  const headers = {accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'}
  const charged = Number(body.total_price).toFixed(2)

  const form = await shop.send('GET', path, {headers})
  const answer = await shop.send('POST', path, {headers, body: new URLSearchParams({outcome: 'succeed'})})
  const after = await shop.send('GET', path, {headers})

  for (const page of [form, answer, after]) {
    t.is(page.status, 200)
    t.is(page.headers.get('content-type'), 'text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    t.regex(
      policy,
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    )
    t.is(page.headers.get('x-content-type-options'), 'nosniff')
    t.is(page.headers.get('referrer-policy'), 'no-referrer')
    t.is(page.headers.get('cache-control'), 'private, no-store')
    t.notRegex(String(page.body), /<script/)
    t.true(String(page.body).includes(`<strong>${charged} USD</strong>`))
  }
  t.regex(String(form.body), /<form method="post">\s*<button name="outcome" value="succeed">Confirm</)
  t.regex(String(form.body), /<button name="outcome" value="fail">Fail</)
  t.notRegex(String(form.body), /<a /)
  for (const page of [answer, after]) {
    t.true(
      String(page.body).includes(
        '<a href="https://shop.example/done?a=&quot;&gt;&lt;script&gt;&amp;b=&#39;">Return to the shop</a>',
      ),
    )
    t.regex(String(page.body), /<\/strong> is captured\./)
    t.notRegex(String(page.body), /<form/)
  }
  t.is((await shop.send('GET', '/test-provider/actions/unknown/', {headers})).status, 404)
  t.is((await shop.send('HEAD', path)).status, 200)
})

test('the links of a proxied shop have the host that the client asked', async (t) => {
  const {anna, method, order} = await startPaidShop(t, {hosts: ['shop.example', '127.0.0.1']})
  await method(anna, 'requires_action')
  const proxied = {'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https'}

  const {body} = await order(anna, {payment_method: 'default'}, proxied)
  const refused = await order(anna, {payment_method: 'default'}, {'x-forwarded-host': 'evil.example'})

  t.regex(body.next_action.url, /^https:\/\/shop\.example\/test-provider\//)
  t.like(refused, {status: 400, body: {code: 'bad_request'}})
})

test('an action that nobody finishes is cancelled when it is due', async (t) => {
  const {db, anna, productId, method, order, request} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const {body} = await order(anna, {payment_method: 'default'}, {'idempotency-key': 'one'})
  await db('payments').update({due_at: db.fn.now()})

  const refreshed = await request(anna, 'POST', `/orders/${body.order_id}/payment/refresh/`)

  t.like(refreshed.body, {state: 'cancelled', payment_status: 'failed', next_action: null})
  t.is(await stockOf(db, productId), 10)
  const repeated = await order(anna, {payment_method: 'default'}, {'idempotency-key': 'one'})
  t.like(repeated, {status: 402, body: {code: 'payment_declined', decline_code: 'cancelled'}})
})

test('a finished action is noticed once, by whichever of refreshes, webhooks and background work is first', async (t) => {
  const {shop, db, gateway, anna, productId, method, order, request, work} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const {body} = await order(anna, {payment_method: 'default'})
  await shop.send('POST', new URL(body.next_action.url).pathname)
  const hooks = (await gateway.listEvents()).map((event) => gateway.webhook(event))

  await Promise.all([
    ...hooks.map(async ({body: bytes, headers}) =>
      shop.send('POST', '/webhooks/test/', {body: new Uint8Array(bytes), headers}),
    ),
    ...Array.from({length: 5}, async () => request(anna, 'POST', `/orders/${body.order_id}/payment/refresh/`)),
    work(),
  ])
  await until(async () => {
    await work()
    return (await db('orders').where({payment_status: 'paid'})).length === 1
  })

  t.is(await stockOf(db, productId), 9)
  t.like(await db('payments').first(), {state: 'captured', captured: 425, refunded: 0})
})
