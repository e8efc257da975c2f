import test from 'ava'

import {createShopClient, readAnswer, ShopProblem} from '../../client/index.ts'
import {createUser} from '../../src/services/accounts/users.ts'
import {cheapBcrypt} from '../helpers/cheap-bcrypt.ts'
import {startShop} from '../helpers/http.ts'
import {addProduct, addToken, addUser} from '../helpers/shop.ts'

test('a walk returns every product once, even while products are renamed', async (t) => {
  const shop = await startShop(t)
  const ids: number[] = []
  for (let n = 0; n < 25; n++) ids.push(await addProduct(shop.db, {name: `Rice ${n}`, price: n + 1}))
  await addProduct(shop.db, {stock: 0})
  const client = createShopClient({baseUrl: `${shop.origin}/`})

  const met: number[] = []
  for await (const {id} of client.walkProducts({page_size: 10, ordering: '-price'})) {
    met.push(id)
    if (met.length === 10) await shop.db('products').update({name: shop.db.raw("'A ' || name")})
  }

  t.deepEqual(met, ids.toReversed())
})

test('a walk of the history returns every order once, newest first, even while orders are placed', async (t) => {
  const shop = await startShop(t)
  const token = await addToken(shop.db, await addUser(shop.db))
  const items = [{product_id: await addProduct(shop.db, {stock: 100}), quantity: 1}]
  const client = createShopClient({baseUrl: shop.origin, token})
  const ids: number[] = []
  const order = async () => ids.push((await client.placeOrder({items})).order_id)
  for (let n = 0; n < 45; n++) await order()
  const expected = ids.toReversed()

  const met: number[] = []
  for await (const {id} of client.walkHistory()) {
    met.push(id)
    if (met.length === 1 || met.length === 25) for (let n = 0; n < 3; n++) await order()
  }

  t.deepEqual(met, expected)
})

test('links are followed on the base URL of the client', async (t) => {
  const asked: string[] = []
  const pages = [
    {count: 2, next: 'https://elsewhere.example/products/list/?cursor=a%26b&x=1', previous: null, results: [{id: 1}]},
    {count: 2, next: null, previous: null, results: [{id: 2}]},
  ]
  const client = createShopClient({
    baseUrl: 'http://localhost/shop',
    token: 'secret',
    async fetch(request) {
      asked.push(request.url)
      return Promise.resolve(Response.json(pages.shift()))
    },
  })

  const met: number[] = []
  for await (const {id} of client.walkProducts({search: 'a&b'})) met.push(id)

  t.deepEqual(met, [1, 2])
  t.deepEqual(asked, [
    'http://localhost/shop/products/list/?search=a%26b&cursor=',
    'http://localhost/shop/products/list/?cursor=a%26b&x=1',
  ])
})

test('a walk that is refused throws the problem', async (t) => {
  const shop = await startShop(t)
  const client = createShopClient({baseUrl: shop.origin})

  const error = await t.throwsAsync(client.walkHistory().next(), {instanceOf: ShopProblem})
  t.like(error, {status: 401, code: 'not_authenticated', message: 'Authentication credentials were not provided.'})
})

test('a client that logs out sends no token any more, and a new password ends the other tokens', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, {username: 'matt', password: 'jackson5'})
  const [phone, laptop] = [createShopClient({baseUrl: shop.origin}), createShopClient({baseUrl: shop.origin})]
  for (const client of [phone, laptop]) await client.logIn({username: 'matt', password: 'jackson5'})
  const codeOf = async (request: Promise<unknown>) => (await t.throwsAsync(request, {instanceOf: ShopProblem})).code
  const history = async (client: typeof phone) => readAnswer(client.api.GET('/orders/history/'))
  const change = {current_password: 'jackson5', new_password: 'stable nag 7'}

  t.is(await codeOf(phone.changePassword({...change, current_password: 'x'})), 'wrong_password')
  await phone.changePassword(change)
  t.is(await codeOf(history(laptop)), 'invalid_token')
  t.is(await codeOf(laptop.logOut()), 'invalid_token')

  await phone.logOut()
  t.is(await codeOf(history(phone)), 'not_authenticated')
})

test('a login replaces an expired token', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, {username: 'matt', password: 'jackson5'})
  const client = createShopClient({baseUrl: shop.origin, token: 'f'.repeat(40)})
  const history = async () => readAnswer(client.api.GET('/orders/history/'))

  const ended = await t.throwsAsync(history(), {instanceOf: ShopProblem})
  const wrong = await t.throwsAsync(client.logIn({username: 'matt', password: 'x'}), {instanceOf: ShopProblem})
  await client.logIn({username: 'matt', password: 'jackson5'})

  t.is(ended.code, 'invalid_token')
  t.like(wrong, {status: 400, code: 'login_failed'})
  t.like(await history(), {count: 0, results: []})
})
