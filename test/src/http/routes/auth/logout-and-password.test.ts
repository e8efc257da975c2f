import test, {type ExecutionContext} from 'ava'

import {createUser} from '../../../../../src/services/accounts/users.ts'
import {revokeTokens} from '../../../../../src/services/accounts/user-tokens.ts'
import type {CheckPassword, TakeTurn} from '../../../../../src/services/accounts/bcrypt-pool.ts'
import {checkPassword} from '../../../../../src/services/accounts/check-password.ts'
import {cheapBcrypt} from '../../../../helpers/cheap-bcrypt.ts'
import {type ShopOptions, startShop} from '../../../../helpers/http.ts'

const matt = {username: 'matt', password: 'jackson5'}
const next = 'stable nag 7'

async function setUp(t: ExecutionContext, options: ShopOptions = {}) {
  const shop = await startShop(t, options)
  await createUser(shop.db, cheapBcrypt, matt)
  const logIn = async (credentials = matt) => shop.send('POST', '/auth/login/', {json: credentials})
  const newHeaders = async () => ({authorization: `Token ${(await logIn()).body.token as string}`})
  type Headers = Awaited<ReturnType<typeof newHeaders>>
  const logOut = async (headers: Headers) => shop.send('POST', '/auth/logout/', {headers})
  const change = async (headers: Headers, current: unknown, password: unknown) =>
    shop.send('POST', '/auth/password/', {headers, json: {current_password: current, new_password: password}})
  const history = async (headers: Headers) => (await shop.send('GET', '/orders/history/', {headers})).status
  return {shop, logIn, newHeaders, logOut, change, history}
}

test('logging out ends the token of the request, and no other', async (t) => {
  const {newHeaders, logOut, history} = await setUp(t)
  const [phone, laptop] = [await newHeaders(), await newHeaders()]

  t.like(await logOut(phone), {status: 204, body: ''})

  t.is(await history(phone), 401)
  t.is(await history(laptop), 200)
  const again = await logOut(phone)
  t.like(again, {status: 401, body: {code: 'invalid_token'}})
  t.is(again.headers.get('www-authenticate'), 'Token')
})

test('of several requests that log out at once, one does', async (t) => {
  const {newHeaders, logOut} = await setUp(t)
  const headers = await newHeaders()

  const statuses = (await Promise.all(Array.from({length: 8}, async () => logOut(headers)))).map(({status}) => status)

  t.deepEqual(statuses.toSorted(), [204, ...Array.from({length: 7}, () => 401)])
})

test('logging out needs a token', async (t) => {
  const {shop} = await setUp(t)
  t.like(await shop.send('POST', '/auth/logout/'), {status: 401, body: {code: 'not_authenticated'}})
  t.like(await shop.send('POST', '/auth/password/', {json: {}}), {status: 401, body: {code: 'not_authenticated'}})
})

test('a new password ends all tokens but that of the request', async (t) => {
  const {logIn, newHeaders, change, history} = await setUp(t)
  const [phone, laptop, tablet] = [await newHeaders(), await newHeaders(), await newHeaders()]

  t.like(await change(phone, matt.password, next), {status: 204, body: ''})

  t.deepEqual([await history(phone), await history(laptop), await history(tablet)], [200, 401, 401])
  t.is((await logIn()).status, 400)
  t.is((await logIn({...matt, password: next})).status, 200)
})

test('a wrong current password changes nothing, and counts as a failed login', async (t) => {
  const {shop, logIn, newHeaders, change} = await setUp(t, {loginLimits: {accountTries: 2, addressTries: 100}})
  const headers = await newHeaders()

  const {status, body} = await change(headers, 'wrong', next)
  t.is(status, 400)
  t.like(body, {code: 'wrong_password', current_password: ['The current password is wrong.']})
  t.is((await change(headers, 'wrong', next)).status, 400)

  t.like(await change(headers, matt.password, next), {status: 429, body: {code: 'login_limited'}})
  t.is((await logIn()).status, 429)
  t.is((await shop.db('auth_tokens')).length, 1)
})

test('a change of the password resets the count of failed logins', async (t) => {
  const {shop, newHeaders, change} = await setUp(t)
  const headers = await newHeaders()
  await change(headers, 'wrong', next)

  t.is((await change(headers, matt.password, next)).status, 204)

  t.deepEqual(await shop.db('login_tries').where('key', 'like', 'account:%'), [])
})

const refuses = test.macro({
  async exec(t, json: unknown, errors: Record<string, string[]>) {
    const {shop, logIn, newHeaders} = await setUp(t)
    const {status, body} = await shop.send('POST', '/auth/password/', {headers: await newHeaders(), json})
    t.is(status, 400)
    t.like(body, {code: 'invalid', ...errors})
    t.is((await logIn()).status, 200)
  },
  title: (_, json) => `refuses to change the password to ${JSON.stringify(json).slice(0, 80)}`,
})

const current_password = matt.password
const required = ['This field is required.']
test(refuses, {}, {current_password: required, new_password: required})
test(refuses, {current_password, new_password: ''}, {new_password: ['This field may not be blank.']})
test(
  refuses,
  {current_password, new_password: '1234567'},
  {new_password: ['The password is too short. Use at least 8 characters.']},
)
test(
  refuses,
  {current_password, new_password: 'é'.repeat(37)},
  {new_password: ['The password is longer than 72 bytes. Use a shorter one.']},
)

test('a password of 8 characters or of 72 bytes can be set, by a form as well', async (t) => {
  const {shop, logIn, newHeaders} = await setUp(t)
  const headers = await newHeaders()
  const [short, long] = ['12345678', 'é'.repeat(36)]

  for (const [current, password] of [
    [matt.password, short],
    [short, long],
  ] as const) {
    const body = new URLSearchParams({current_password: current, new_password: password})
    t.is((await shop.send('POST', '/auth/password/', {headers, body})).status, 204)
  }

  t.is((await logIn({...matt, password: long})).status, 200)
})

test('a token that is revoked while the password is checked changes nothing', async (t) => {
  const revoking: {run?: () => Promise<unknown>} = {}
  const check: CheckPassword = async (one) => {
    await revoking.run?.()
    return checkPassword(one)
  }
  const takeTurn: TakeTurn = async (task) => task(check)
  const {shop, logIn, newHeaders, change} = await setUp(t, {bcrypt: {takeTurn}})
  const headers = await newHeaders()
  revoking.run = async () => {
    delete revoking.run
    await revokeTokens(shop.db, {username: 'matt', fingerprints: 'all'}, {name: 'olga'})
  }

  t.like(await change(headers, matt.password, next), {status: 401, body: {code: 'token_ended'}})

  t.is((await logIn()).status, 200)
})

test('of two changes of a password at once, one is made', async (t) => {
  const {logIn, newHeaders, change} = await setUp(t)
  const [phone, laptop] = [await newHeaders(), await newHeaders()]

  const answers = await Promise.all([
    change(phone, matt.password, 'of the phone'),
    change(laptop, matt.password, 'of the laptop'),
  ])

  // The other finds that its token has ended, or that its password is the former one.
  const [made, refused] = answers.map(({status}) => status).toSorted()
  t.is(made, 204)
  t.true(refused === 400 || refused === 401)
  const logins = await Promise.all(
    ['of the phone', 'of the laptop'].map(async (password) => (await logIn({...matt, password})).status),
  )
  t.deepEqual(logins.toSorted(), [200, 400])
})
