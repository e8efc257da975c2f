import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../../../src/db/connect.ts'
import {defaultHoldSettings} from '../../../../../src/hold-settings.ts'
import {createTokenLookup, hashToken} from '../../../../../src/services/accounts/tokens.ts'
import {CheckoutQueue} from '../../../../../src/services/checkout/queue.ts'
import {addBuyer, type Buyer, openShop, requestsOf, reservedOf} from '../../../../helpers/basket-requests.ts'
import {type Answer, startShop, type TestShop} from '../../../../helpers/http.ts'
import {inOneMinute} from '../../../../helpers/minute.ts'
import {startProxy} from '../../../../helpers/proxy.ts'

/** Every request to a basket. */
async function sendAll(buyer: Buyer, productId: number): Promise<Answer[]> {
  const items = [{product_id: productId, quantity: 1}]
  return [
    await buyer.get(),
    await buyer.set(productId, 1),
    await buyer.add(items),
    await buyer.hold(),
    await buyer.remove(productId),
    await buyer.clear(),
    await buyer.checkOut(),
  ]
}

test('a revoked token gets 401 at once for everything, whatever else is wrong, and changes nothing', async (t) => {
  const {shop, db, anna, productId} = await openShop(t)
  const {headers} = anna
  await sendAll(anna, productId)
  await anna.set(productId, 2)
  await db('auth_tokens').where({user_id: anna.userId}).delete()

  const answers = [
    ...(await sendAll(anna, productId)),
    await anna.set(productId, 0),
    await anna.set(999, 1),
    await anna.add([]),
    await anna.checkOut({basket: 'x'}),
    await anna.clear({'if-match': '"stale"'}),
    ...(await Promise.all(
      ['/basket/', '/basket/items/', `/basket/items/${productId}/`, '/basket/hold/', '/basket/checkout/'].map(
        async (path) => shop.send('PATCH', path, {headers}),
      ),
    )),
    await shop.send('POST', '/basket/', {headers}),
    await shop.send('DELETE', '/basket/checkout/', {headers}),
  ]

  for (const {status, headers: answered, body} of answers) {
    t.is(status, 401)
    t.like(body, {code: 'invalid_token', detail: 'Invalid token.'})
    t.is(answered.get('www-authenticate'), 'Token')
  }
  t.is(await reservedOf(db, productId), 2)
  t.deepEqual(await db('orders'), [])
})

test('without a token, nothing is shown or changed', async (t) => {
  const {shop, productId} = await openShop(t)
  for (const [method, path] of [
    ['GET', '/basket/'],
    ['DELETE', '/basket/'],
    ['POST', '/basket/items/'],
    ['PUT', `/basket/items/${productId}/`],
    ['DELETE', `/basket/items/${productId}/`],
    ['POST', '/basket/hold/'],
    ['POST', '/basket/checkout/'],
  ] as const) {
    t.like(await shop.send(method, path), {status: 401, body: {code: 'not_authenticated'}})
  }
})

test('a user who is deactivated is refused at once, and sees the same basket when activated again', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const {body} = await anna.set(productId, 2)

  await db('users').where({id: anna.userId}).update({is_active: false})
  for (const answer of await sendAll(anna, productId)) t.like(answer, {status: 401, body: {code: 'user_inactive'}})

  await db('users').where({id: anna.userId}).update({is_active: true})
  t.deepEqual((await anna.get()).body, body)
})

test('a token that moves to another user fills the basket of that user', async (t) => {
  const {db, anna, ben, productId} = await openShop(t)
  await anna.set(productId, 2)
  const [, token = ''] = anna.headers.authorization.split(' ')
  await db('auth_tokens')
    .where({token_hash: hashToken(token)})
    .update({user_id: ben.userId})

  t.is((await anna.set(productId, 3)).status, 401)
  t.like(await anna.set(productId, 3), {status: 200, body: {items: [{quantity: 3}]}})
  t.like((await ben.get()).body.items, [{quantity: 3}])
})

test('a token is looked up once, and after that by the requests themselves', async (t) => {
  let lookUps = 0
  const {shop, productId} = await openShop(t)
  const findTokenUser = createTokenLookup(shop.db)
  const counting = await startShop(t, {
    db: shop.db,
    checkout: new CheckoutQueue(shop.db, {lanes: 2, batchSize: 100, limit: 2000}),
    async findTokenUser(token) {
      lookUps++
      return findTokenUser(token)
    },
  })
  const anna = await addBuyer({...counting, db: shop.db})

  await anna.set(productId, 1)
  t.is(lookUps, 1)
  await anna.add([{product_id: productId, quantity: 1}])
  await anna.hold()
  await anna.remove(productId)
  await anna.clear()
  await anna.set(productId, 1)
  await anna.checkOut()
  t.is(lookUps, 1)
})

test('requests for holds are limited by the minute, at the limit and one beyond', async (t) => {
  const {shop, db, anna, ben, productId} = await openShop(t, {holds: {holdUserRate: 4}})
  const items = [{product_id: productId, quantity: 1}]

  const [within, beyond] = await inOneMinute(async () => {
    await db('baskets').update({hold_count: 0})
    return [
      [
        await anna.set(productId, 1),
        await anna.add(items),
        await anna.set(productId, 99),
        await anna.hold(),
        await anna.set(productId, 2),
      ],
      [await anna.set(productId, 2), await anna.add(items), await anna.hold()],
    ] as const
  })

  // What is refused does not count.
  t.deepEqual(
    within.map(({status}) => status),
    [200, 200, 400, 200, 200],
  )
  for (const answer of beyond) {
    t.like(answer, {status: 429, body: {code: 'hold_limit', title: 'Too Many Requests'}})
    const seconds = Number(answer.headers.get('retry-after'))
    t.true(seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`)
  }
  t.is((await ben.set(productId, 1)).status, 200)
  t.is((await anna.get()).status, 200)
  await db('baskets').update({hold_minute: db.raw("date_trunc('minute', now() - interval '1 minute')")})
  t.is((await anna.set(productId, 1)).status, 200)
  t.is((await anna.remove(productId)).status, 200)
  const order = await shop.send('PUT', '/orders/create/', {headers: anna.headers, json: {items}})
  t.is(order.status, 201)
})

test('a hold lasts no longer than its maximum', async (t) => {
  const {db, anna, productId} = await openShop(t, {holds: {holdSeconds: 300, holdMaxSeconds: 300}})
  const {body: first} = await anna.set(productId, 1)

  const refused = await anna.hold()
  t.like(refused, {status: 429, body: {code: 'hold_limit', detail: 'Stock is held for at most 300 seconds.'}})
  const seconds = Number(refused.headers.get('retry-after'))
  t.true(seconds > 240 && seconds <= 300, `Retry-After: ${seconds}`)
  t.is((await anna.set(productId, 1)).body.held_until, first.held_until)
  t.is(await reservedOf(db, productId), 1)
})

test('with SHOP_HOLD=off, a basket holds nothing, and is sold from what is in stock', async (t) => {
  const {db, anna, ben, productId} = await openShop(t, {stock: 1, holds: {hold: 'off'}})

  t.like((await anna.set(productId, 1)).body, {held_until: null, can_checkout: true, items: [{held: 0}]})
  t.is((await ben.set(productId, 1)).status, 200)
  t.is((await anna.hold()).status, 200)
  t.is(await reservedOf(db, productId), 0)
  t.is((await anna.checkOut()).status, 201)
  t.like(await ben.checkOut(), {status: 400, body: {code: 'out_of_stock'}})
})

/** A shop on the same database, through connections that break with the answer to what `losesAnswerTo` recognizes. */
async function behind(
  t: ExecutionContext,
  shop: TestShop,
  {losesAnswerTo, isPatient}: {losesAnswerTo: (message: string) => boolean; isPatient: boolean},
): Promise<TestShop> {
  const proxied = await startProxy(t, shop.url, losesAnswerTo)
  const db = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => db.destroy())
  const broken = await startShop(t, {
    db,
    findTokenUser: createTokenLookup(shop.db),
    checkout: new CheckoutQueue(db, {
      ...{lanes: 1, batchSize: 100, limit: 2000, holds: defaultHoldSettings},
      ...(!isPatient && {signal: AbortSignal.abort()}),
    }),
  })
  return {...broken, db: shop.db}
}

test('a database that is gone is 503 with Retry-After, and nothing changes', async (t) => {
  const {shop, db, productId} = await openShop(t)
  const anna = await addBuyer(await behind(t, shop, {losesAnswerTo: () => true, isPatient: false}))

  for (const {status, headers, body} of await sendAll(anna, productId)) {
    t.is(status, 503)
    t.is(headers.get('retry-after'), '5')
    t.true(['database_unavailable', 'outcome_unknown'].includes(body.code))
  }
  t.deepEqual(await db('basket_lines'), [])
  t.deepEqual(await db('orders'), [])
})

test('a change whose COMMIT gets no answer is made once', async (t) => {
  const {shop, db, productId} = await openShop(t)
  let losses = 0
  const losesAnswerTo = (message: string) => message.includes('commit') && losses > 0 && losses-- > 0
  const anna = await addBuyer(await behind(t, shop, {losesAnswerTo, isPatient: true}))
  const losing = async (send: () => Promise<Answer>) => {
    losses = 1
    const answer = await send()
    t.is(losses, 0)
    return answer
  }

  t.like(await losing(async () => anna.set(productId, 2)), {status: 200, body: {items: [{held: 2}]}})
  const items = [{product_id: productId, quantity: 3}]
  t.like(await losing(async () => anna.add(items)), {status: 200, body: {items: [{held: 5}]}})
  t.is((await losing(async () => anna.hold())).status, 200)
  const {body} = await anna.get()
  t.is((await losing(async () => anna.checkOut({basket: body.id}))).status, 201)
  t.is((await db('orders')).length, 1)
  t.is((await losing(async () => anna.clear())).status, 200)
  t.is(await reservedOf(db, productId), 0)
})

test('a change for a version whose COMMIT gets no answer has an unknown outcome', async (t) => {
  const {shop, productId} = await openShop(t)
  let losses = 0
  const losesAnswerTo = (message: string) => message.includes('commit') && losses > 0 && losses-- > 0
  const anna = await addBuyer(await behind(t, shop, {losesAnswerTo, isPatient: true}))
  const {headers} = await anna.set(productId, 1)
  losses = 1

  const {status, body} = await anna.set(productId, 2, {'if-match': headers.get('etag') ?? ''})

  t.is(status, 503)
  t.is(body.code, 'outcome_unknown')
  t.regex(body.detail, /change of the basket, which may or may not have been made/)
})

test('a full queue refuses to hold, and still gives stock back', async (t) => {
  const {shop, db, anna, productId} = await openShop(t)
  await anna.set(productId, 2)
  const full = await startShop(t, {
    db,
    findTokenUser: createTokenLookup(db),
    checkout: new CheckoutQueue(db, {lanes: 1, batchSize: 100, limit: 0}),
  })
  const [get, ...changes] = await sendAll({...anna, ...requestsOf(full, anna.headers)}, productId)

  t.is(get?.status, 200)
  t.deepEqual(
    changes.map(({status, body}): unknown => body.code ?? status),
    ['checkout_busy', 'checkout_busy', 'checkout_busy', 200, 200, 'checkout_busy'],
  )
  t.regex(changes[0]?.body.detail, /too busy to change the basket/)
  t.regex(changes.at(-1)?.body.detail, /too busy to take this order/)
  t.is(await reservedOf(shop.db, productId), 0)
})
