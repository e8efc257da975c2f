import test from 'ava'

import {openShop} from '../../../../helpers/basket-requests.ts'

test('a change for a stale version is refused and changes nothing, whatever it would change', async (t) => {
  const {anna, productId} = await openShop(t)
  const {body: old} = await anna.set(productId, 1)
  const {body: now} = await anna.set(productId, 2)
  const stale = {'if-match': `"${old.version}"`}

  for (const answer of [
    await anna.set(productId, 3, stale),
    await anna.add([{product_id: productId, quantity: 1}], stale),
    await anna.remove(productId, stale),
    await anna.clear(stale),
    await anna.hold(stale),
    await anna.checkOut({}, stale),
  ]) {
    t.is(answer.status, 412)
    t.like(answer.body, {code: 'basket_changed', title: 'Precondition Failed'})
  }
  t.deepEqual((await anna.get()).body, now)
})

test('a change for the current version is made, however the version is written', async (t) => {
  const {anna, productId} = await openShop(t)
  let {headers} = await anna.get()
  for (const write of [
    (tag: string) => tag,
    () => '*',
    () => ' * ',
    (tag: string) => `"x", ${tag}`,
    (tag: string) => `"a,b" ,${tag},"c"`,
    // As a proxy that compresses answers has made of it.
    (tag: string) => `W/${tag}`,
  ]) {
    const ifMatch = write(headers.get('etag') ?? '')
    const answer = await anna.set(productId, 1, {'if-match': ifMatch})
    t.is(answer.status, 200, `If-Match: ${ifMatch}`)
    ;({headers} = answer)
  }
  t.is((await anna.checkOut({}, {'if-match': headers.get('etag') ?? ''})).status, 201)
})

test('a header that names no version of the basket matches none', async (t) => {
  const {anna, productId} = await openShop(t)
  const {body} = await anna.set(productId, 1)

  for (const ifMatch of ['', ',', '"', '""', body.version, `"${body.version} "`, '"*"', 'W/"0"', '*, "0"']) {
    t.is((await anna.set(productId, 2, {'if-match': ifMatch})).status, 412, `If-Match: ${ifMatch}`)
  }
})

test('a basket is sent whole even if its version is known, since its holds may have ended', async (t) => {
  const {shop, anna, productId} = await openShop(t)
  const {body, headers: answered} = await anna.set(productId, 1)

  for (const match of ['*', answered.get('etag') ?? '']) {
    // Express ignores an If-None-Match beside the `no-cache` that fetch would send by itself.
    const headers = {...anna.headers, 'if-none-match': match, 'cache-control': 'max-age=0'}
    t.like(await shop.send('GET', '/basket/', {headers}), {status: 200, body})
  }
})

test('of two changes for the same version, made at once, one is refused', async (t) => {
  const {anna, productId} = await openShop(t)
  const {body} = await anna.set(productId, 1)
  const ifMatch = {'if-match': `"${body.version}"`}

  const answers = await Promise.all([2, 3].map(async (quantity) => anna.set(productId, quantity, ifMatch)))

  t.deepEqual(answers.map(({status}) => status).sort(), [200, 412])
})

test('a tab that shows an ordered basket does not change the next one', async (t) => {
  const {anna, productId} = await openShop(t)
  const {headers: shown} = await anna.set(productId, 1)
  await anna.checkOut()
  await anna.set(productId, 1)

  const {status} = await anna.set(productId, 5, {'if-match': shown.get('etag') ?? ''})

  t.is(status, 412)
  t.like((await anna.get()).body.items, [{quantity: 1}])
})

test('an addition that was made is answered again, although the basket has changed through it', async (t) => {
  const {anna, productId} = await openShop(t)
  const add = async () =>
    anna.add([{product_id: productId, quantity: 1}], {'idempotency-key': 'key', 'if-match': '"0"'})

  t.deepEqual([(await add()).status, (await add()).status], [200, 200])
  t.like((await anna.get()).body.items, [{quantity: 1}])
})
