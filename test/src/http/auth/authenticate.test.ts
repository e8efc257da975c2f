import {pbkdf2Sync} from 'node:crypto'

import test from 'ava'

import {type TakeTurn, createBcryptPool} from '../../../../src/services/accounts/bcrypt-pool.ts'
import {createUser} from '../../../../src/services/accounts/users.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {connectClient} from '../../../helpers/client.ts'
import {startShop} from '../../../helpers/http.ts'
import {until} from '../../../helpers/until.ts'

const credentials = {username: 'matt', password: 'jackson5'}

test('a login issues a token of 40 hexadecimal digits that authenticates', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, credentials)

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
  await createUser(shop.db, cheapBcrypt, credentials)
  const {body} = await shop.send('POST', '/auth/login/', {json: credentials})

  const [{dump} = {dump: ''}] = await shop
    .db('auth_tokens')
    .select<{dump: string}[]>(shop.db.raw("encode(token_hash, 'hex') || encode(token_hash, 'escape') as dump"))

  t.false(dump.includes(body.token as string))
})

test('a login may be a form, URL-encoded or multipart', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, credentials)
  const form = new FormData()
  form.append('username', 'matt')
  form.append('password', 'jackson5')

  t.is((await shop.send('POST', '/auth/login', {body: new URLSearchParams(credentials)})).status, 200)
  t.is((await shop.send('POST', '/auth/login', {body: form})).status, 200)
})

const refuses = test.macro<[unknown, object]>({
  async exec(t, json, expected) {
    const shop = await startShop(t)
    await createUser(shop.db, cheapBcrypt, credentials)
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
test(refuses, {username: 'nobody', password: 'jackson5'}, wrong)
test(refuses, {username: 'Matt', password: 'jackson5'}, wrong)
test(refuses, {username: 'matt', password: 'jackson5 '}, wrong)
test(refuses, {username: 'matt', password: 'j'.repeat(7000)}, wrong)

test('a login of 8 kB is read, and a longer one is refused', async (t) => {
  const shop = await startShop(t)
  const length = 8000 - JSON.stringify({username: 'matt', password: ''}).length
  const sized = async (more: number) =>
    shop.send('POST', '/auth/login/', {json: {username: 'matt', password: 'x'.repeat(length + more)}})

  t.is((await sized(0)).status, 400)
  const {status, body} = await sized(1)
  t.is(status, 413)
  t.like(body, {code: 'body_too_large', detail: 'The body is larger than 8 kB.'})
})

test('a form with a hundred fields is read, and one with more is refused', async (t) => {
  const shop = await startShop(t)
  const logIn = async (others: number) => {
    const form = new URLSearchParams({username: 'nobody', password: 'x'})
    for (let n = 0; n < others; n++) form.append('x', '')
    return shop.send('POST', '/auth/login/', {body: form})
  }

  t.is((await logIn(98)).body.code, 'login_failed')
  t.is((await logIn(99)).body.code, 'parse_error')
})

test('a login that would wait behind too many others is refused for a while', async (t) => {
  const pool = createBcryptPool({threads: 1, limit: 2})
  t.teardown(async () => pool.close())
  const shop = await startShop(t, {bcrypt: pool})
  await createUser(shop.db, cheapBcrypt, credentials)

  const answers = await Promise.all(
    Array.from({length: 10}, async () => shop.send('POST', '/auth/login/', {json: credentials})),
  )

  const refused = answers.filter(({status}) => status !== 200)
  t.true(refused.length > 0 && refused.length <= 7)
  for (const {status, headers, body} of refused) {
    t.is(status, 503)
    t.is(headers.get('retry-after'), '5')
    t.is(body.code, 'login_busy')
  }
  t.is((await shop.send('POST', '/auth/login/', {json: credentials})).status, 200)
})

test('logins whose clients have gone are not computed', async (t) => {
  const pool = createBcryptPool({threads: 1, limit: 400})
  t.teardown(async () => pool.close())
  const ends: string[] = []
  let begun = 0
  const takeTurn: TakeTurn = async (task, options) => {
    begun++
    try {
      return await pool.takeTurn(task, options)
    } finally {
      ends.push(options.signal?.aborted === true ? 'gone' : 'answered')
    }
  }
  const shop = await startShop(t, {bcrypt: {takeTurn}})
  await createUser(shop.db, cheapBcrypt, credentials)
  const gone = new AbortController()
  const abandoned = Array.from({length: 100}, async () =>
    fetch(`${shop.origin}/auth/login/`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify(credentials),
      signal: gone.signal,
    }).catch(() => undefined),
  )
  await until(async () => Promise.resolve(begun === 100))
  gone.abort()
  await Promise.all(abandoned)

  t.is((await shop.send('POST', '/auth/login/', {json: credentials})).status, 200)
  // Those that had begun before the clients went, and the last one.
  t.true(ends.filter((end) => end === 'answered').length < 50)
  t.deepEqual(shop.errors, [])
})

test('the last field of a name counts in a form, as in Django', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, credentials)
  const body = new URLSearchParams([['__proto__', 'x'], ['username', 'nobody'], ...Object.entries(credentials)])
  t.is((await shop.send('POST', '/auth/login/', {body})).status, 200)
})

test('spaces around the username are ignored', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, credentials)
  t.is((await shop.send('POST', '/auth/login/', {json: {...credentials, username: ' matt '}})).status, 200)
})

test('a user with a Django hash can log in, and the hash is replaced by a bcrypt hash', async (t) => {
  const shop = await startShop(t)
  const digest = pbkdf2Sync('jackson5', 'salt', 1000, 32, 'sha256').toString('base64')
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

test('a stored hash that would take too long to check matches no password', async (t) => {
  const shop = await startShop(t)
  const rest = '$q6jZknBQQ9FJ.vLPPJuDB.7vN2Oy9KZa4D9qrE6LvHhcksoozZftq'
  const digest = `salt$${Buffer.alloc(32).toString('base64')}`
  await shop.db('users').insert([
    {username: 'costly', password_hash: `$2b$31${rest}`},
    {username: 'costly2', password_hash: `$2b$15${rest}`},
    {username: 'impossible', password_hash: `$2b$00${rest}`},
    {username: 'impossible2', password_hash: `$2b$99${rest}`},
    {username: 'django', password_hash: `pbkdf2_sha256$999999999$${digest}`},
    {username: 'django2', password_hash: `pbkdf2_sha256$${'9'.repeat(400)}$${digest}`},
  ])
  // A single one of them would take longer than the time limit of the tests.
  for (const username of ['costly', 'costly2', 'impossible', 'impossible2', 'django', 'django2']) {
    const {status, body} = await shop.send('POST', '/auth/login/', {json: {username, password: 'x'}})
    t.is(status, 400)
    t.like(body, wrong)
  }
})

test('an inactive user can neither log in nor authenticate', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, credentials)
  const {body: login} = await shop.send('POST', '/auth/login/', {json: credentials})
  await shop.db('users').update({is_active: false})

  t.like((await shop.send('POST', '/auth/login/', {json: credentials})).body, wrong)
  const {status, body} = await shop.send('GET', '/orders/history/', {headers: {authorization: `Token ${login.token}`}})
  t.is(status, 401)
  t.is(body.detail, 'User inactive or deleted.')
})

test('a token expires after its days, and the next login deletes it', async (t) => {
  const shop = await startShop(t)
  await createUser(shop.db, cheapBcrypt, credentials)
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
