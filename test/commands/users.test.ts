import test from 'ava'
import type {Knex} from 'knex'

import {cancelOrder} from '../../src/services/orders/cancel.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {accountKey, addressKey} from '../../src/services/accounts/login-tries.ts'
import {issueToken} from '../../src/services/accounts/tokens.ts'
import {
  CreatedToken,
  RevokedTokens,
  SetPassword,
  TokenSummary,
  UnlockedUser,
  UserRecord,
  UserSummary,
} from '../helpers/cli-json/users.ts'
import {numberedPageOf} from '../helpers/cli-json/page.ts'
import {createDatabase} from '../helpers/database.ts'
import {startShop} from '../helpers/http.ts'
import {logIn} from '../helpers/log-in.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser, usdOrder} from '../helpers/shop.ts'

function rows(stdout: string): string[] {
  return stdout
    .replaceAll(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/g, 'time')
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) => line.replaceAll(/ +/g, ' '))
}

function shopOf(url: string) {
  const env = {DATABASE_URL: url, SHOP_OPERATOR: 'olga'}
  return {
    run: async (args: string[], input = '') => runShop(args, {env, input}),
    json: async (args: string[], input = '') =>
      JSON.parse((await runShop([...args, '--json'], {env, input})).stdout) as unknown,
  }
}

test('list-users lists users by name, with a search and only those who are deactivated', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run, json} = shopOf(url)
  for (const name of ['matt', 'Anna_50%', 'matilda', 'ben']) await addUser(db, name)
  await db('users').where({username: 'matilda'}).update({is_active: false})
  const matt = await db('users').where({username: 'matt'}).first()
  await placeOrder(db, usdOrder(matt.id, [{productId: await addProduct(db), quantity: 1}]))
  const names = async (...args: string[]) => {
    const page = numberedPageOf(UserSummary).parse(await json(['list-users', ...args]))
    return page.results.map(({username}) => username)
  }

  t.deepEqual(rows((await run(['list-users', '--search', 'MAT'])).stdout), [
    '│ ID │ Username │ State │ Created (UTC) │ Last order (UTC) │',
    '│ 3 │ matilda │ deactivated │ time │ │',
    '│ 1 │ matt │ active │ time │ time │',
  ])
  t.deepEqual(await names('--inactive'), ['matilda'])
  t.deepEqual(await names('--search', '_50%'), ['Anna_50%'])
  t.deepEqual(await names('--page-size', '1', '--page', '3'), ['matilda'])
  t.deepEqual(await run(['list-users', '--search', 'x']), {exitCode: 0, stdout: '', stderr: 'No users.\n'})
  t.is((await run(['list-users', '--page', '2'])).exitCode, 1)
})

test('show-user shows the state, the orders by currency, the tokens and what operators changed', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run, json} = shopOf(url)
  const userId = await addUser(db, 'matt')
  const productId = await addProduct(db, {price: 250})
  await db('product_prices').insert({product_id: productId, currency: 'JPY', amount: 300})
  const place = async (currency: string) => placeOrder(db, {...usdOrder(userId, [{productId, quantity: 2}]), currency})
  await place('USD')
  await place('USD')
  await place('JPY')
  await cancelOrder(db, {id: (await place('USD')).order.id})
  await db('orders').where({id: 1}).update({total: Number.MAX_SAFE_INTEGER})
  await issueToken(db, userId, {days: 3})
  await db('auth_tokens').insert({token_hash: Buffer.alloc(32), user_id: userId, expires_at: '2020-01-01'})
  await run(['deactivate-user', 'matt', '--reason', 'does not\u001b pay'])

  const {stdout} = await run(['show-user', 'matt'])

  t.regex(stdout, /^User 1, matt, created [\d: -]+ UTC: deactivated since 2[\d: -]+ UTC\.\n/)
  t.true(stdout.includes('\n  Orders: 3, 600 JPY, 90071992547414.91 USD, and 1 cancelled\n'))
  t.regex(stdout, /\n {2}Tokens: 1, the next one expires 2[\d: -]+ UTC\n/)
  t.deepEqual(rows(stdout), ['│ Changed (UTC) │ Change │ By │', '│ time │ deactivated │ olga: does not\\u001b pay │'])
  t.like(UserRecord.parse(await json(['show-user', 'matt'])), {
    is_active: false,
    orders: {count: 3, cancelled: 1, totals: {length: 2}},
    tokens: {count: 1},
    changes: [{change: 'deactivated', operator: 'olga', note: 'does not\u001b pay'}],
  })
})

test('a user whom a fixture deactivated is so since an unknown time', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  await db('users').update({is_active: false})
  const {run, json} = shopOf(url)

  t.is(UserRecord.parse(await json(['show-user', 'matt'])).state_since, null)
  t.regex((await run(['show-user', 'matt'])).stdout, /: deactivated\.\n {2}Orders: 0\n {2}Tokens: 0\n$/)
})

async function refusalOf(db: Knex, username: string, password: string): Promise<string> {
  return logIn(db, {username, password}).then(
    () => '',
    (error: unknown) => (error as {code: string}).code,
  )
}

test('set-password changes the password and revokes the tokens, unless told to keep them', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run, json} = shopOf(url)
  await run(['create-user', 'matt', '--password-stdin'], 'first password')
  const log = async (password: string) => logIn(db, {username: 'matt', password})
  await log('first password')
  await log('first password')

  const first = await run(['set-password', 'matt', '--password-stdin'], 'second password\n')
  t.deepEqual(first, {exitCode: 0, stdout: 'Set the password of matt. Revoked 2 tokens.\n', stderr: ''})
  t.is(await refusalOf(db, 'matt', 'first password'), 'login_failed')
  await log('second password')

  const second = await run(['set-password', 'matt', '--password-stdin', '--keep-tokens'], 'third password')
  t.is(second.stdout, 'Set the password of matt. Tokens stay valid.\n')
  const {password, ...user} = SetPassword.parse(
    await json(['set-password', 'matt', '--random', '--reason', 'forgot it']),
  )
  t.is(user.revoked_tokens, 1)
  await log(password ?? '')
  t.is((await db('auth_tokens')).length, 1)
  t.deepEqual(
    user.changes.map(({change, operator, note}) => [change, operator, note]),
    [
      ['password set', 'olga', 'forgot it'],
      ['password set', 'olga', null],
      ['password set', 'olga', null],
      ['created', 'olga', null],
    ],
  )
})

test('set-password refuses a short password and an unknown user, and names all that is missing', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run} = shopOf(url)
  await addUser(db, 'matt')

  const short = await run(['set-password', 'matt', '--password-stdin'], '1234567')
  const unknown = await run(['set-password', 'nobody', '--random'])
  const none = await run(['set-password'])

  t.deepEqual(
    [short, unknown, none].map(({exitCode, stdout}) => [exitCode, stdout]),
    [
      [1, ''],
      [1, ''],
      [2, ''],
    ],
  )
  t.is(short.stderr, 'Error: The password is too short. Use at least 8 characters.\n')
  t.regex(unknown.stderr, /There is no user "nobody"\.\nTo see the users, run: shop list-users/)
  t.regex(none.stderr, /USER.*--password-stdin or --random/)
  t.deepEqual(await db('users').pluck('password_hash'), ['!'])
  t.deepEqual(await db('user_changes'), [])
})

test('deactivating and activating twice is refused, and changes nothing', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run, json} = shopOf(url)
  await addUser(db, 'matt')

  t.is(
    (await run(['activate-user', 'matt'])).stderr,
    'Error: The user "matt" is already active. Nothing was changed.\n',
  )
  const runs = await Promise.all(Array.from({length: 3}, async () => run(['deactivate-user', 'matt'])))
  t.deepEqual(runs.map(({exitCode}) => exitCode).sort(), [0, 1, 1])
  t.like(UserRecord.parse(await json(['activate-user', 'matt'])), {is_active: true, changes: {length: 2}})
  t.like(await json(['deactivate-user', 'nobody']), {error: {code: 'unknown_user'}})
  t.is((await run(['deactivate-user'])).exitCode, 2)
  t.is((await db('user_changes')).length, 2)
})

test('show-user shows failed logins that still count, and unlock-user forgets them', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run, json} = shopOf(url)
  const userId = await addUser(db, 'matt')
  await addUser(db, 'anna')
  const [home, office] = ['192.0.2.1', '2001:db8::/64']
  for (const address of [home, office]) {
    await db('login_addresses').insert({user_id: userId, address, last_login_at: db.fn.now()})
  }
  const soon = Date.now() + 60_000
  await db('login_tries').insert([
    {key: accountKey('matt'), points: 20, expire: soon},
    {key: accountKey('matt', office), points: 3, expire: soon},
    {key: accountKey('matt', home), points: 7, expire: Date.now() - 60_000},
    {key: accountKey('anna'), points: 5, expire: soon},
    {key: addressKey(home), points: 9, expire: soon},
  ])

  const {stdout} = await run(['show-user', 'matt'])
  t.regex(
    stdout,
    /\n {2}Failed logins from addresses that the user has not used: 20, which count until 2[\d: -]+ UTC\n/,
  )
  t.regex(stdout, /\n {2}Failed logins from 2001:db8::\/64: 3, which count until 2[\d: -]+ UTC\n/)
  t.false(stdout.includes(home))
  t.like(UserRecord.parse(await json(['show-user', 'matt'])).failed_logins, [
    {address: null, count: 20},
    {address: office, count: 3},
  ])

  t.like(UnlockedUser.parse(await json(['unlock-user', 'matt', '--reason', 'called us'])), {
    forgotten: 30,
    failed_logins: [],
    changes: [{change: 'logins unlocked', operator: 'olga', note: 'called us'}],
  })
  t.deepEqual(await db('login_tries').orderBy('key').pluck('points'), [5, 9])
  t.is((await run(['unlock-user', 'anna'])).stdout, 'Forgot 5 failed logins of anna.\n')
  t.is((await run(['unlock-user', 'anna'])).stdout, 'anna has no failed logins.\n')
  t.is((await db('user_changes')).length, 2)
  t.deepEqual(
    [await run(['unlock-user', 'nobody']), await run(['unlock-user'])].map(({exitCode}) => exitCode),
    [1, 2],
  )
})

test('tokens are made, listed without themselves, and revoked one by one or all at once', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run, json} = shopOf(url)
  const userId = await addUser(db, 'matt')
  await issueToken(db, await addUser(db, 'anna'), {days: 1})
  await db('auth_tokens').insert({token_hash: Buffer.alloc(32), user_id: userId})

  const created = CreatedToken.parse(await json(['create-token', 'matt', '--days', '7']))
  const printed = await run(['create-token', 'matt'])
  t.regex(printed.stdout, /^[0-9a-f]{40}\n$/)
  t.regex(printed.stderr, /^Created token [0-9a-f]{12} of matt\. It expires 2[\d: -]+ UTC\.\nIt is shown only once:\n$/)

  const list = await run(['list-tokens', 'matt'])
  t.deepEqual(rows(list.stdout).slice(-1), ['│ 000000000000 │ time │ never │'])
  t.false(list.stdout.includes(created.token) || list.stdout.includes(printed.stdout.trim()))
  const page = numberedPageOf(TokenSummary).parse(await json(['list-tokens', 'matt']))
  t.is(page.results.length, 3)
  t.is(page.results.find(({fingerprint}) => fingerprint === created.fingerprint)?.expires_at, created.expires_at)

  const wrong = await run(['revoke-tokens', 'matt', created.fingerprint, 'fedcba987654'])
  t.is(wrong.exitCode, 1)
  t.regex(wrong.stderr, /no token fedcba987654\. Nothing was revoked\.\nTo see the tokens, run: shop list-tokens matt/)
  const some = await run(['revoke-tokens', 'matt', created.fingerprint, '000000000000'])
  t.is(some.stdout, 'Revoked 2 tokens of matt.\n')
  t.is(RevokedTokens.parse(await json(['revoke-tokens', 'matt', '--all'])).revoked_tokens, 1)
  t.is((await run(['revoke-tokens', 'matt', '--all'])).stdout, 'matt has no tokens.\n')
  t.deepEqual(await db('auth_tokens').pluck('user_id'), [userId + 1])
  t.deepEqual(await db('user_changes').where({user_id: userId}).orderBy('id').pluck('change'), [
    'token created',
    'token created',
    'tokens revoked',
    'tokens revoked',
  ])
})

test('wrong uses of the commands for tokens', async (t) => {
  const {db, url} = await createDatabase(t)
  const {run} = shopOf(url)
  await addUser(db, 'matt')
  await db('users').update({is_active: false})

  t.is((await run(['create-token', 'matt'])).exitCode, 1)
  t.regex(
    (await run(['list-tokens', 'matt'])).stderr,
    /^The user "matt" is deactivated, so no token works\.\nNo tokens\./,
  )
  for (const args of [
    ['create-token', 'matt', '--days', '0'],
    ['create-token', 'matt', '--days', '36501'],
    ['create-token'],
    ['list-tokens'],
    ['revoke-tokens', 'matt'],
    ['revoke-tokens', 'matt', '000000000000', '--all'],
  ]) {
    t.is((await run(args)).exitCode, 2, `shop ${args.join(' ')}`)
  }
})

test('a running server notices at once who is deactivated, activated, or lost a token', async (t) => {
  const shop = await startShop(t)
  const {run, json} = shopOf(shop.url)
  await addUser(shop.db, 'matt')
  const productId = await addProduct(shop.db)
  const created = CreatedToken.parse(await json(['create-token', 'matt']))
  const headers = {authorization: `Token ${created.token}`}
  const order = async () =>
    (await shop.send('PUT', '/orders/create/', {headers, json: {items: [{product_id: productId, quantity: 1}]}})).status
  const history = async () => (await shop.send('GET', '/orders/history/', {headers})).status
  const basket = async () =>
    (await shop.send('PUT', `/basket/items/${productId}/`, {headers, json: {quantity: 1}})).status
  const all = async () => [await order(), await order(), await history(), await basket()]

  t.deepEqual(await all(), [201, 201, 200, 200])
  await run(['deactivate-user', 'matt'])
  t.deepEqual(await all(), [401, 401, 401, 401])
  await run(['activate-user', 'matt'])
  t.deepEqual(await all(), [201, 201, 200, 200])
  await run(['revoke-tokens', 'matt', created.fingerprint])
  t.deepEqual(await all(), [401, 401, 401, 401])
  t.is((await shop.db('orders')).length, 4)
  t.deepEqual(shop.errors, [])
})
