import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {createUser, setActive, setPassword} from '../../../../src/services/accounts/users.ts'
import {revokeTokens} from '../../../../src/services/accounts/user-tokens.ts'
import {type Answer, startShop, type TestShop} from '../../../helpers/http.ts'
import {addProduct, addToken, stockOf} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const operator = {name: 'olga'}
const matt = {username: 'matt', password: 'old password'}

/** What ends the token of a request. The commands call the same functions, in another process. */
const ends: Record<string, (db: Knex) => Promise<unknown>> = {
  'an operator revokes the token': async (db) => revokeTokens(db, {username: 'matt', fingerprints: 'all'}, operator),
  'an operator deactivates the user': async (db) => setActive(db, 'matt', false, operator),
  'an operator sets the password': async (db) =>
    setPassword(db, bcrypt, {username: 'matt', password: 'new password'}, operator),
}

type Ordered = {shop: TestShop; productId: number; headers: {authorization: string}}

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
  const {id} = await createUser(shop.db, bcrypt, matt)
  const headers = {authorization: `Token ${await addToken(shop.db, id)}`}
  const productId = await addProduct(shop.db, {stock: 9})
  const basket = await shop.send('PUT', `/basket/items/${productId}/`, {headers, json: {quantity: 2}})
  t.is(basket.status, 200)
  return {shop, db: shop.db, userId: id, headers, productId}
}

for (const [request, ask] of Object.entries(requests)) {
  for (const [end, endToken] of Object.entries(ends)) {
    for (const isFirst of [true, false]) {
      const which = isFirst ? 'the first request of its token' : 'a later request of its token'
      test(`${request} that waits for a lock is refused if ${end} meanwhile: ${which}`, async (t) => {
        const {shop, db, userId, headers, productId} = await setUp(t)
        // A token that this process has not seen.
        if (isFirst) headers.authorization = `Token ${await addToken(db, userId)}`
        const holder = await db.transaction()
        await holder('stock_levels').where({product_id: productId}).forUpdate()

        const waiting = ask({shop, headers, productId})
        await untilWaiting(db)
        await endToken(db)
        await holder.rollback()

        t.is((await waiting).status, 401)
        t.is(await stockOf(db, productId), 9)
        t.deepEqual(await db('orders'), [])
        t.deepEqual(await db('basket_lines').pluck('quantity'), [2])
      })
    }
  }
}
