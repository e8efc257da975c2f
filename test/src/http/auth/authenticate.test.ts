import {pbkdf2Sync} from 'node:crypto'

import bcrypt from 'bcryptjs'
import test from 'ava'

import {createUser} from '../../../../src/services/accounts/users.ts'
import {connectClient} from '../../../helpers/client.ts'
import {startShop} from '../../../helpers/http.ts'

const credentials = {username: 'matt', password: 'jackson'}

test('a login issues a token of 40 hexadecimal digits that authenticates', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, bcrypt, credentials)

  const {data, response} = await connectClient(shop).api.POST('/auth/login/', {body: credentials})

  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.regex(data?.token ?? '', /^[0-9a-f]{40}$/)
  t.true(Date.parse(data?.expires_at ?? '') > Date.now())
  for (const keyword of ['Token', 'token', 'TOKEN']) {
    const authorization = `${keyword} ${data?.token ?? ''}`
    const history = await shop.send('GET', '/orders/history/', {headers: {authorization}})
    t.is(history.status, 200)
  }
})

test('the database does not store the token itself', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, bcrypt, credentials)
  const {body} = await shop.send('POST', '/auth/login/', {json: credentials})

  const [{dump} = {dump: ''}] = await shop
    .db('auth_tokens')
    .select<{dump: string}[]>(shop.db.raw("encode(token_hash, 'hex') || encode(token_hash, 'escape') as dump"))

  t.false(dump.includes(body.token as string))
})

test('a login may be a form, URL-encoded or multipart', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, bcrypt, credentials)
  const form = new FormData()
  form.append('username', 'matt')
  form.append('password', 'jackson')

  t.is((await shop.send('POST', '/auth/login', {body: new URLSearchParams(credentials)})).status, 200)
  t.is((await shop.send('POST', '/auth/login', {body: form})).status, 200)
})

const refuses = test.macro<[unknown, object]>({
  async exec(t, json, expected) {
    const shop = await startShop(t)
    await createUser(shop.db, bcrypt, credentials)
    const {status, body} = await shop.send('POST', '/auth/login/', {json})
    t.is(status, 400)
    t.like(body, expected)
  },
  title: (_, json) => `refuses to log in ${JSON.stringify(json)}`,
})

const required = ['This field is required.']
const blank = ['This field may not be blank.']
const noString = ['Not a valid string.']
const wrong = {code: 'login_failed', non_field_errors: ['Unable to log in with provided credentials.']}

test(refuses, {}, {username: required, password: required})
test(refuses, {username: 'matt'}, {password: required})
test(refuses, {username: null, password: null}, {username: ['This field may not be null.']})
test(refuses, {username: ' ', password: ''}, {username: blank, password: blank})
test(refuses, {username: ['matt'], password: {}}, {username: noString, password: noString})
test(refuses, {username: true, password: 1}, {username: noString})
test(refuses, {username: 'ma\0tt', password: 'x'}, {username: ['Null characters are not allowed.']})
test(refuses, {username: '\ud800', password: 'x'}, {username: ['Surrogate characters are not allowed: U+D800.']})
test(refuses, [], {non_field_errors: ['Invalid data. Expected a dictionary, but got list.']})
test(refuses, {username: 'matt', password: 'wrong'}, wrong)
test(refuses, {username: 'nobody', password: 'jackson'}, wrong)
test(refuses, {username: 'Matt', password: 'jackson'}, wrong)
test(refuses, {username: 'matt', password: 'jackson '}, wrong)
test(refuses, {username: 'matt', password: 'j'.repeat(100_000)}, wrong)

test('spaces around the username are ignored', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, bcrypt, credentials)
  t.is((await shop.send('POST', '/auth/login/', {json: {...credentials, username: ' matt '}})).status, 200)
})

test('a user with a Django hash can log in, and the hash is replaced by a bcrypt hash', async (t) => {
  const shop = await startShop(t)
  const digest = pbkdf2Sync('jackson', 'salt', 1000, 32, 'sha256').toString('base64')
  await shop.db('users').insert({username: 'matt', password_hash: `pbkdf2_sha256$1000$salt$${digest}`})

  t.is((await shop.send('POST', '/auth/login/', {json: {...credentials, password: 'wrong'}})).status, 400)
  t.is((await shop.send('POST', '/auth/login/', {json: credentials})).status, 200)
  const [hash] = (await shop.db('users').pluck('password_hash')) as [string]
  t.regex(hash, /^\$2b\$10\$/)
  t.is((await shop.send('POST', '/auth/login/', {json: credentials})).status, 200)
})

test('a password that is too long for bcrypt keeps its Django hash and still works', async (t) => {
  const shop = await startShop(t)
  const password = 'p'.repeat(80)
  const hash = `pbkdf2_sha256$1000$salt$${pbkdf2Sync(password, 'salt', 1000, 32, 'sha256').toString('base64')}`
  await shop.db('users').insert({username: 'matt', password_hash: hash})

  t.is((await shop.send('POST', '/auth/login/', {json: {username: 'matt', password}})).status, 200)
  t.is((await shop.send('POST', '/auth/login/', {json: {username: 'matt', password}})).status, 200)
  t.deepEqual(await shop.db('users').pluck('password_hash'), [hash])
})

test("an invalid hash, such as Django's mark of an unusable password, matches no password", async (t) => {
  const shop = await startShop(t)
  await shop.db('users').insert([
    {username: 'unusable', password_hash: '!n0pe'},
    {username: 'argon', password_hash: 'argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA'},
    {username: 'broken', password_hash: 'pbkdf2_sha256$x$salt$AAAA'},
  ])
  for (const username of ['unusable', 'argon', 'broken']) {
    const {status, body} = await shop.send('POST', '/auth/login/', {json: {username, password: '!n0pe'}})
    t.is(status, 400)
    t.like(body, wrong)
  }
})

test('an inactive user can neither log in nor authenticate', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, bcrypt, credentials)
  const {body: login} = await shop.send('POST', '/auth/login/', {json: credentials})
  await shop.db('users').update({is_active: false})

  t.like((await shop.send('POST', '/auth/login/', {json: credentials})).body, wrong)
  const {status, body} = await shop.send('GET', '/orders/history/', {headers: {authorization: `Token ${login.token}`}})
  t.is(status, 401)
  t.is(body.detail, 'User inactive or deleted.')
})

test('a token expires after its days, and the next login deletes it', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, bcrypt, credentials)
  const {body: login} = await shop.send('POST', '/auth/login/', {json: credentials})
  await shop.db('auth_tokens').update({expires_at: '2020-01-01'})

  const headers = {authorization: `Token ${login.token}`}
  t.is((await shop.send('GET', '/orders/history/', {headers})).body.detail, 'Invalid token.')
  await shop.send('POST', '/auth/login/', {json: credentials})
  t.is((await shop.db('auth_tokens')).length, 1)
})

const unauthorized = test.macro<[string | undefined, string]>({
  async exec(t, authorization, detail) {
    const shop = await startShop(t)
    const {status, headers, body} = await shop.send('GET', '/orders/history/', {
      headers: authorization === undefined ? {} : {authorization},
    })
    t.is(status, 401)
    t.is(headers.get('www-authenticate'), 'Token')
    t.like(body, {status: 401, title: 'Unauthorized', detail})
  },
  title: (_, authorization) => `Authorization "${authorization ?? ''}" is not enough for the history`,
})

const missing = 'Authentication credentials were not provided.'
test(unauthorized, undefined, missing)
test(unauthorized, 'Bearer 3aa905c8b99b518e889df6fc02ec80dca142054e', missing)
test(unauthorized, 'Token', 'Invalid token header. No credentials provided.')
test(unauthorized, 'Token a b', 'Invalid token header. Token string should not contain spaces.')
test(unauthorized, 'Token caf\u00e9', 'Invalid token header. Token string should not contain invalid characters.')
test(unauthorized, 'Token 3aa905c8b99b518e889df6fc02ec80dca142054f', 'Invalid token.')
test(unauthorized, `Token ${'0'.repeat(5000)}`, 'Invalid token.')

test('an invalid token is refused even where none is needed', async (t) => {
  const shop = await startShop(t)
  const headers = {authorization: 'Token nonsense'}
  t.is((await shop.send('GET', '/products/list/', {headers})).status, 401)
  t.is((await shop.send('POST', '/auth/login/', {headers, json: credentials})).status, 401)
  t.is((await shop.send('GET', '/products/list/', {headers: {authorization: 'Basic bWF0dA=='}})).status, 200)
})
