import test from 'ava'

import {setPrice} from '../../../../../src/services/products/prices.ts'
import {openShop, reservedOf} from '../../../../helpers/basket-requests.ts'
import {expireHolds} from '../../../../helpers/baskets.ts'
import {addProduct} from '../../../../helpers/shop.ts'
import {until} from '../../../../helpers/until.ts'

const none = {
  id: null,
  currency: 'USD',
  items: [],
  total: '0.00',
  held_until: null,
  can_checkout: false,
  version: '0',
}

test('a user who has put in nothing has an empty basket, which no request but a filling one creates', async (t) => {
  const {db, anna, productId} = await openShop(t)

  const answers = [await anna.get(), await anna.remove(productId), await anna.clear(), await anna.hold()]

  for (const {status, headers, body} of answers) {
    t.is(status, 200)
    t.deepEqual(body, none)
    t.is(headers.get('etag'), '"0"')
    t.is(headers.get('cache-control'), 'private, no-store')
  }
  t.deepEqual(await db('baskets'), [])
})

test('every answer is the whole basket, with its version as the entity tag', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const tea = await addProduct(db, {name: 'Tea', price: 5, stock: 3})

  const {body: first} = await anna.set(productId, 2)
  const {status, headers, body} = await anna.add([{product_id: tea, quantity: 3}])

  const [{held_until: riceUntil}, {held_until: teaUntil}] = body.items
  t.is(status, 200)
  t.deepEqual(body, {
    id: first.id,
    currency: 'USD',
    items: [
      {
        product_id: productId,
        name: 'Rice',
        quantity: 2,
        price: '4.25',
        line_total: '8.50',
        held: 2,
        held_until: riceUntil,
        problems: [],
      },
      {
        product_id: tea,
        name: 'Tea',
        quantity: 3,
        price: '0.05',
        line_total: '0.15',
        held: 3,
        held_until: teaUntil,
        problems: [],
      },
    ],
    total: '8.65',
    held_until: riceUntil,
    can_checkout: true,
    version: `${first.id}-2`,
  })
  t.true(riceUntil < teaUntil)
  t.is(headers.get('etag'), `"${body.version}"`)
  t.is(headers.get('cache-control'), 'private, no-store')
  t.deepEqual((await anna.get()).body, body)

  const {body: removed} = await anna.remove(tea)
  t.like(removed, {total: '8.50', version: `${first.id}-3`, items: {length: 1}})
  const {body: cleared} = await anna.clear()
  t.like(cleared, {id: first.id, items: [], total: '0.00', can_checkout: false, version: `${first.id}-4`})
  t.is(await reservedOf(db, tea), 0)
})

test('amounts have the decimals of the currency, and may exceed those of an order', async (t) => {
  const {db, anna, productId} = await openShop(t, {stock: 1_000_000, price: Number.MAX_SAFE_INTEGER})

  const {body} = await anna.set(productId, 1_000_000)
  const {status, body: refused} = await anna.checkOut()

  const total = '90071992547409910000.00'
  t.like(body, {items: [{line_total: total}], total, can_checkout: false})
  t.is(status, 400)
  t.like(refused, {code: 'invalid_order', non_field_errors: ['The total of the order is too large.']})
  t.is(await reservedOf(db, productId), 1_000_000)
})

test('a product whose last unit is held leaves the list, is named in the basket, and returns', async (t) => {
  const {shop, anna, ben, productId} = await openShop(t, {stock: 3})
  const listed = async () => {
    const {results} = (await shop.send('GET', '/products/list/')).body as {results: {quantity_in_stock: number}[]}
    return results.map((product) => product.quantity_in_stock)
  }
  t.deepEqual(await listed(), [3])

  await anna.set(productId, 2)
  t.deepEqual(await listed(), [1])
  await ben.set(productId, 1)
  t.deepEqual(await listed(), [])
  t.is((await shop.send('GET', `/products/${productId}/`)).status, 404)
  t.like((await ben.get()).body.items, [{name: 'Rice', held: 1, problems: []}])

  await ben.remove(productId)
  t.deepEqual(await listed(), [1])
  await anna.clear()
  t.deepEqual(await listed(), [3])
})

test('a basket that is polled is held no longer, and then somebody else gets the stock', async (t) => {
  const {anna, ben, productId} = await openShop(t, {stock: 1, holds: {holdSeconds: 2}})
  const {body} = await anna.set(productId, 1)

  const seen = new Set([body.held_until])
  await until(async () => {
    const {items} = (await anna.get()).body
    if (items[0].held > 0) seen.add(items[0].held_until)
    return items[0].held === 0
  })

  t.deepEqual([...seen], [body.held_until])
  t.is((await ben.set(productId, 1)).status, 200)
  const {body: late} = await anna.get()
  t.like(late, {held_until: null, can_checkout: false, version: body.version})
  t.deepEqual(late.items[0].problems, [{code: 'out_of_stock', available: 0}, {code: 'not_held'}])
})

test('POST /basket/hold/ extends holds, and holds again what is in stock', async (t) => {
  const {db, anna, ben, productId} = await openShop(t, {stock: 3})
  const {body: first} = await anna.set(productId, 3)

  const {status, body: extended} = await anna.hold()
  t.is(status, 200)
  t.true(extended.held_until > first.held_until)
  t.is(extended.version, `${first.id}-2`)

  await expireHolds(db, first.id)
  t.like((await anna.get()).body, {
    held_until: null,
    can_checkout: true,
    items: [{held: 0, problems: [{code: 'not_held'}]}],
  })
  await ben.set(productId, 1)
  const {body: partial} = await anna.hold()
  t.like(partial.items[0], {held: 2, problems: [{code: 'out_of_stock', available: 2}, {code: 'not_held'}]})
  t.false(partial.can_checkout)

  await ben.clear()
  const {body: whole} = await anna.hold()
  t.like(whole, {can_checkout: true, items: [{held: 3, problems: []}]})
})

test('the items say what would prevent a checkout, and what has changed', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const tea = await addProduct(db, {name: 'Tea'})
  const salt = await addProduct(db, {name: 'Salt'})
  const oil = await addProduct(db, {name: 'Oil'})
  const items = [productId, tea, salt, oil].map((id) => ({product_id: id, quantity: 3}))
  await anna.add(items)

  await setPrice(db, {productId, currency: 'USD', amount: 500})
  await db('products').where({id: tea}).update({enabled: false})
  await db('product_prices').where({product_id: salt}).delete()
  await db('products').where({id: oil}).update({max_per_order: 2})

  const {body} = await anna.get()
  t.deepEqual(
    (body.items as {problems: object[]}[]).map(({problems}) => problems),
    [
      [{code: 'price_changed', was: '4.25'}],
      [{code: 'unavailable'}],
      [{code: 'unavailable'}],
      [{code: 'quantity_limit', max: 2}],
    ],
  )
  t.like(body.items[2], {price: null, line_total: null, held: 3})
  t.like(body, {total: '75.00', can_checkout: false})

  await anna.remove(tea)
  await anna.remove(salt)
  await anna.set(oil, 2)
  t.like((await anna.get()).body, {total: '35.00', can_checkout: true})
})

test('a user neither sees nor changes the basket of another', async (t) => {
  const {db, anna, ben, productId} = await openShop(t)
  const {body} = await anna.set(productId, 2)

  t.deepEqual((await ben.get()).body, none)
  await ben.remove(productId)
  await ben.clear()
  await ben.hold()
  t.like((await ben.checkOut({basket: body.id})).body, {status: 404, code: 'unknown_basket', detail: 'Not found.'})
  t.is((await ben.set(productId, 3, {'if-match': `"${body.version}"`})).status, 412)

  t.deepEqual((await anna.get()).body, body)
  t.is(await reservedOf(db, productId), 2)
})

test('the slash is optional, HEAD has no body, and other methods are refused', async (t) => {
  const {shop, anna, productId} = await openShop(t)
  const {headers} = anna
  await anna.set(productId, 1)

  const head = await shop.send('HEAD', '/basket', {headers})
  t.deepEqual([head.status, head.body], [200, ''])
  t.truthy(head.headers.get('etag'))
  const item = `/basket/items/${productId}`
  t.is((await shop.send('PUT', item, {headers, json: {quantity: 2}})).body.items[0].quantity, 2)
  t.is((await shop.send('POST', '/basket/hold', {headers})).status, 200)
  t.is((await shop.send('DELETE', item, {headers})).status, 200)

  for (const [path, allow] of [
    ['/basket/', 'GET, DELETE, HEAD, OPTIONS'],
    ['/basket/items/', 'POST, OPTIONS'],
    [`${item}/`, 'PUT, DELETE, OPTIONS'],
    ['/basket/hold/', 'POST, OPTIONS'],
    ['/basket/checkout/', 'POST, OPTIONS'],
  ] as const) {
    const {status, headers: answered} = await shop.send('PATCH', path, {headers})
    t.deepEqual([status, answered.get('allow')], [405, allow])
  }
  for (const id of ['x', '-1', '1.0', '%31', '1%00', '1/x']) {
    t.is((await shop.send('PUT', `/basket/items/${id}/`, {headers, json: {quantity: 1}})).status, 404)
  }
})
