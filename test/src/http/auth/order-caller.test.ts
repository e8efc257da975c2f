import {IncomingMessage} from 'node:http'
import {Socket} from 'node:net'

import test from 'ava'
import type {Request} from 'express'

import {CheckoutBusyError, OutcomeUnknownError, StockLockedError} from '../../../../src/errors.ts'
import {createOrderCallers} from '../../../../src/http/auth/order-caller.ts'
import {hashToken} from '../../../../src/services/accounts/tokens.ts'
import {addCaller, startShop} from '../../../helpers/http.ts'
import {addProduct, stockOf} from '../../../helpers/shop.ts'

test('a revoked token that has ordered before gets 401 at once, whatever else is wrong, and orders nothing', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const productId = await addProduct(shop.db, {stock: 9})
  const json = {items: [{product_id: productId, quantity: 1}]}
  const order = async (body: unknown = json) => shop.send('PUT', '/orders/create/', {headers, json: body})
  t.deepEqual([(await order()).status, (await order()).status], [201, 201])

  await shop.db('auth_tokens').delete()

  const bodies = [
    json,
    {items: []},
    {items: [{product_id: productId, quantity: 99}]},
    {items: [{product_id: 12345, quantity: 1}]},
  ]
  for (const body of bodies) {
    const answer = await order(body)
    t.is(answer.status, 401)
    t.like(answer.body, {code: 'invalid_token', detail: 'Invalid token.'})
    t.is(answer.headers.get('www-authenticate'), 'Token')
  }
  t.is(await stockOf(shop.db, productId), 7)
})

test('a user who has ordered is refused at once when deactivated, and accepted again when reactivated', async (t) => {
  const shop = await startShop(t)
  const {userId, headers} = await addCaller(shop)
  const json = {items: [{product_id: await addProduct(shop.db), quantity: 1}]}
  const order = async () => shop.send('PUT', '/orders/create/', {headers, json})
  t.is((await order()).status, 201)

  await shop.db('users').where({id: userId}).update({is_active: false})
  t.like(await order(), {status: 401, body: {code: 'user_inactive'}})

  await shop.db('users').where({id: userId}).update({is_active: true})
  t.is((await order()).status, 201)
})

test('a token that moves to another user orders for that user', async (t) => {
  const shop = await startShop(t)
  const {userId, headers} = await addCaller(shop)
  const other = await addCaller(shop)
  const json = {items: [{product_id: await addProduct(shop.db), quantity: 1}]}
  const order = async () => shop.send('PUT', '/orders/create/', {headers, json})
  t.is((await order()).status, 201)

  const [, token = ''] = headers.authorization.split(' ')
  await shop
    .db('auth_tokens')
    .where({token_hash: hashToken(token)})
    .update({user_id: other.userId})

  t.is((await order()).status, 401)
  t.is((await order()).status, 201)
  t.deepEqual(await shop.db('orders').orderBy('id').pluck('user_id'), [userId, other.userId])
})

test('an order that the database or the queue could not take costs no look-up, and the next one begins with one', async (t) => {
  let lookUps = 0
  const callers = createOrderCallers(async () => {
    lookUps++
    return Promise.resolve({id: 1, username: 'anna', isActive: true})
  })
  const request = orderRequest()
  await callers.enter(request, ['PUT'])
  const fail = async (error: Error) => {
    const caller = await callers.enter(request, ['PUT'])
    return t.throwsAsync(
      callers.serve(request, caller, async () => Promise.reject(error)),
      {is: error},
    )
  }

  await fail(new CheckoutBusyError())
  await fail(Object.assign(new Error('connect ECONNREFUSED'), {code: 'ECONNREFUSED'}))
  t.is(lookUps, 1)
  await fail(new StockLockedError())
  t.is(lookUps, 2)
  await fail(new StockLockedError())
  t.is(lookUps, 3)
})

test('an order that may have been placed is reported as such, even if its token has expired or cannot be looked up', async (t) => {
  const callers = createOrderCallers(async () => Promise.reject(new Error('The database is away.')))
  const request = orderRequest()
  const caller = {userId: 1, token: 'abc', wasLookedUp: false}

  const served = callers.serve(request, caller, async () => Promise.reject(new OutcomeUnknownError()))

  await t.throwsAsync(served, {instanceOf: OutcomeUnknownError})
})

function orderRequest(): Request {
  const request = new IncomingMessage(new Socket()) as Request
  request.method = 'PUT'
  request.headers.authorization = 'Token abc'
  return request
}
