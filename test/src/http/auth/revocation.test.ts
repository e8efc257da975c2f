import {Agent} from 'node:http'

import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {createUser, setActive, setPassword} from '../../../../src/services/accounts/users.ts'
import {hashToken} from '../../../../src/services/accounts/tokens.ts'
import {revokeTokens} from '../../../../src/services/accounts/user-tokens.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {type Answer, startShop, type TestShop} from '../../../helpers/http.ts'
import {runShop} from '../../../helpers/run.ts'
import {send} from '../../../helpers/send.ts'
import {spawnServe} from '../../../helpers/serve.ts'
import {addProduct, addToken, addUser, stockOf} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const operator = {name: 'olga'}
const matt = {username: 'matt', password: 'old password'}

type Ordered = {shop: TestShop; userId: number; productId: number; headers: {authorization: string}}

/** What ends the token of a request. The commands call the same functions, in another process. */
const ends: Record<string, (db: Knex, ordered: Ordered) => Promise<unknown>> = {
  'an operator revokes the token': async (db) => revokeTokens(db, {username: 'matt', fingerprints: 'all'}, operator),
  'an operator deactivates the user': async (db) => setActive(db, 'matt', false, operator),
  'an operator sets the password': async (db) =>
    setPassword(db, cheapBcrypt, {username: 'matt', password: 'new password'}, operator),
  'the user logs out': async (_db, {shop, headers}) => shop.send('POST', '/auth/logout/', {headers}),
  'the user changes the password with another token': async (db, {shop, userId}) =>
    shop.send('POST', '/auth/password/', {
      headers: {authorization: `Token ${await addToken(db, userId)}`},
      json: {current_password: matt.password, new_password: 'new password'},
    }),
}

/** Requests that the checkout queue decides. */
const requests: Record<string, (ordered: Ordered) => Promise<Answer>> = {
  'an order': async ({shop, headers, productId}) =>
    shop.send('PUT', '/orders/create/', {headers, json: {items: [{product_id: productId, quantity: 1}]}}),
  'an item of a basket': async ({shop, headers, productId}) =>
    shop.send('PUT', `/basket/items/${productId}/`, {headers, json: {quantity: 3}}),
  'the checkout of a basket': async ({shop, headers}) => shop.send('POST', '/basket/checkout/', {headers, json: {}}),
}

async function setUp(t: ExecutionContext) {
  const shop = await startShop(t)
  const id = await addUser(shop.db, 'matt')
  await shop.db('users').update({password_hash: await bcrypt.hash(matt.password, 4)})
  const headers = {authorization: `Token ${await addToken(shop.db, id)}`}
  const productId = await addProduct(shop.db, {stock: 9})
  const basket = await shop.send('PUT', `/basket/items/${productId}/`, {headers, json: {quantity: 2}})
  t.is(basket.status, 200)
  return {shop, db: shop.db, userId: id, headers, productId}
}

const refuses = test.macro(
  async (
    t,
    ask: (ordered: Ordered) => Promise<Answer>,
    endToken: (typeof ends)[string],
    {isFirst}: {isFirst: boolean},
  ) => {
    const {db, ...ordered} = await setUp(t)
    const {headers, userId, productId} = ordered
    // A token that this process has not seen.
    if (isFirst) headers.authorization = `Token ${await addToken(db, userId)}`
    const holder = await db.transaction()
    await holder('stock_levels').where({product_id: productId}).forUpdate()

    const waiting = ask(ordered)
    await untilWaiting(db)
    await endToken(db, ordered)
    await holder.rollback()

    t.is((await waiting).status, 401)
    t.is(await stockOf(db, productId), 9)
    t.deepEqual(await db('orders'), [])
    t.deepEqual(await db('basket_lines').pluck('quantity'), [2])
  },
)

// One at a time: a request that waits for longer than ten seconds is refused for that.
for (const [request, ask] of Object.entries(requests)) {
  for (const [end, endToken] of Object.entries(ends)) {
    const title = `${request} that waits for a lock is refused if ${end} meanwhile`
    test.serial(title, refuses, ask, endToken, {isFirst: true})
    test.serial(`${title}, after other requests with its token`, refuses, ask, endToken, {isFirst: false})
  }
}

test.serial('what a command revokes or deactivates ends at once on all processes of all replicas', async (t) => {
  const {db, url} = await createDatabase(t)
  const {id} = await createUser(db, cheapBcrypt, matt)
  const productId = await addProduct(db, {stock: 99})
  const env = {DATABASE_URL: url}
  const replicas = [
    ['--workers', '2', '--port', '0'],
    ['--port', '0'],
  ].map((args) => spawnServe(t, env, args))
  const origins = await Promise.all(replicas.map(async ({url: origin}) => origin))
  // Without keep-alive, connections go to the workers in turn.
  const agent = new Agent({keepAlive: false})
  const askAll = async (token: string): Promise<number[]> => {
    const requests = origins
      .flatMap((origin) => [origin, origin, origin])
      .flatMap((origin) => [
        {method: 'PUT', url: `${origin}/orders/create/`, json: {items: [{product_id: productId, quantity: 1}]}},
        {method: 'PUT', url: `${origin}/basket/items/${productId}/`, json: {quantity: 1}},
        {method: 'GET', url: `${origin}/basket/`},
        {method: 'GET', url: `${origin}/orders/history/`},
        {method: 'GET', url: `${origin}/products/list/`},
      ])
    const answers = await Promise.all(requests.map(async (request) => send({agent, token, ...request})))
    return [...new Set(answers.map((answer) => answer?.status ?? 0))].sort()
  }
  const run = async (...args: string[]) => runShop(args, {env})

  const [first, second] = [await addToken(db, id), await addToken(db, id)]
  t.deepEqual(await askAll(first), [200, 201])
  t.deepEqual(await askAll(second), [200, 201])

  t.is((await run('revoke-tokens', 'matt', hashToken(first).toString('hex').slice(0, 12))).exitCode, 0)
  t.deepEqual(await askAll(first), [401])
  t.deepEqual(await askAll(second), [200, 201])

  t.is((await run('deactivate-user', 'matt')).exitCode, 0)
  t.deepEqual(await askAll(second), [401])

  t.is((await run('activate-user', 'matt')).exitCode, 0)
  t.deepEqual(await askAll(second), [200, 201])

  t.is((await send({agent, token: second, method: 'POST', url: `${origins[0] ?? ''}/auth/logout/`}))?.status, 204)
  t.deepEqual(await askAll(second), [401])
})
