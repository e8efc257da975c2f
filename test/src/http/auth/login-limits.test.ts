import test, {type ExecutionContext} from 'ava'

import {setActive, setPassword, createUser} from '../../../../src/services/accounts/users.ts'
import {pruneLoginTries} from '../../../../src/services/accounts/login-tries.ts'
import type {CheckPassword} from '../../../../src/services/accounts/bcrypt-pool.ts'
import type {LoginLimits} from '../../../../src/login-limits.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {type Answer, type ShopOptions, startShop, type TestShop} from '../../../helpers/http.ts'

const matt = {username: 'matt', password: 'jackson5'}
const wrong = {...matt, password: 'wrong'}
const operator = {name: 'olga'}

/** What is counted does not depend on how a password is compared, which takes 60 ms of CPU time. */
const comparePasswords: CheckPassword = async ({password, hash}) =>
  Promise.resolve({isMatch: hash !== undefined && password === matt.password})

type LogIn = (credentials: object, address?: string) => Promise<Answer>

async function setUp(
  t: ExecutionContext,
  limits: Partial<LoginLimits> = {},
  options: ShopOptions = {},
): Promise<{
  shop: TestShop
  logIn: LogIn
  statuses: (count: number, ...login: Parameters<LogIn>) => Promise<number[]>
}> {
  const shop = await startShop(t, {
    loginLimits: {accountTries: 3, addressTries: 100, ...limits},
    bcrypt: {takeTurn: async (task) => task(comparePasswords)},
    ...options,
  })
  await createUser(shop.db, cheapBcrypt, matt)
  const logIn: LogIn = async (json, address = '198.51.100.1') =>
    shop.send('POST', '/auth/login/', {json, headers: {'x-forwarded-for': address}})
  const statuses = async (count: number, ...login: Parameters<LogIn>): Promise<number[]> => {
    const found: number[] = []
    for (let n = 0; n < count; n++) found.push((await logIn(...login)).status)
    return found
  }
  return {shop, logIn, statuses}
}

test('after as many failed logins as an account may have, even the right password is refused', async (t) => {
  const {logIn, statuses} = await setUp(t)

  t.deepEqual(await statuses(5, wrong), [400, 400, 400, 429, 429])

  const {status, headers, body} = await logIn(matt, '198.51.100.2')
  t.is(status, 429)
  t.like(body, {code: 'login_limited', detail: 'Too many logins failed. Try again later.'})
  const seconds = Number(headers.get('retry-after'))
  t.true(seconds > 3500 && seconds <= 3600)
  t.is((await logIn({username: 'Matt', password: 'x'})).status, 400)
})

test('an account that does not exist is refused in the same way', async (t) => {
  const {logIn, statuses} = await setUp(t)
  const nobody = {username: 'nobody', password: 'x'}

  t.deepEqual(await statuses(4, nobody), await statuses(4, wrong, '198.51.100.2'))

  const [unknown, known] = [await logIn(nobody), await logIn(wrong)]
  t.deepEqual(unknown.body, known.body)
  const names = ({headers}: Answer) => [...headers.keys()].sort()
  t.deepEqual(names(unknown), names(known))
})

test('a login that succeeds resets the count of its account, and does not count for its address', async (t) => {
  const {shop, statuses} = await setUp(t, {addressTries: 5})

  t.deepEqual(await statuses(2, wrong), [400, 400])
  t.deepEqual(await statuses(3, matt), [200, 200, 200])
  t.deepEqual(await statuses(2, wrong), [400, 400])
  t.deepEqual(await statuses(1, {username: 'anna', password: 'x'}), [400])

  // Five failures from the address.
  t.deepEqual(await statuses(1, matt), [429])
  t.deepEqual(await shop.db('login_tries').where('key', 'like', 'address:%').pluck('points'), [5])
})

test('nobody can lock a user out of an address that the user has used before', async (t) => {
  const {logIn, statuses} = await setUp(t)
  const [home, attacker, hotel] = ['198.51.100.1', '203.0.113.1', '192.0.2.1']
  t.is((await logIn(matt, home)).status, 200)

  t.deepEqual(await statuses(4, wrong, attacker), [400, 400, 400, 429])

  t.is((await logIn(matt, hotel)).status, 429)
  t.is((await logIn(matt, home)).status, 200)
  // Which resets the count.
  t.is((await logIn(matt, hotel)).status, 200)
})

test('failures from an address that an account has used are counted separately, and limited as well', async (t) => {
  const {logIn, statuses} = await setUp(t)
  const [home, other] = ['198.51.100.1', '203.0.113.1']
  t.is((await logIn(matt, home)).status, 200)

  t.deepEqual(await statuses(4, wrong, home), [400, 400, 400, 429])
  t.deepEqual(await statuses(4, wrong, other), [400, 400, 400, 429])

  t.is((await logIn(matt, home)).status, 429)
})

test('an address may fail as often as allowed, whatever the accounts', async (t) => {
  const {logIn} = await setUp(t, {addressTries: 4})
  const fail = async (n: number, address?: string) =>
    (await logIn({username: `user-${n}`, password: 'x'}, address)).status

  for (let n = 0; n < 4; n++) t.is(await fail(n), 400)

  t.is(await fail(5), 429)
  t.is((await logIn(matt)).status, 429)
  t.is((await logIn(matt, '198.51.100.2')).status, 200)
})

test('addresses of one IPv6 network of 64 bits are one', async (t) => {
  const {logIn} = await setUp(t, {addressTries: 2})
  const fail = async (n: number, address: string) =>
    (await logIn({username: `user-${n}`, password: 'x'}, address)).status

  t.deepEqual(
    [await fail(1, '2001:db8::1'), await fail(2, '2001:db8::2:3'), await fail(3, '2001:db8::4')],
    [400, 400, 429],
  )
  t.is(await fail(4, '2001:db8:0:1::1'), 400)
})

test('a header of a client that is no trusted proxy does not change its address', async (t) => {
  const {logIn} = await setUp(t, {addressTries: 2}, {trustProxy: '10.0.0.1'})
  const fail = async (n: number) => (await logIn({username: `user-${n}`, password: 'x'}, `203.0.113.${n}`)).status

  t.deepEqual([await fail(1), await fail(2), await fail(3)], [400, 400, 429])
})

test('what a client writes before the address that the proxy adds does not change it', async (t) => {
  const {logIn} = await setUp(t, {addressTries: 2})
  const fail = async (n: number) =>
    (await logIn({username: `user-${n}`, password: 'x'}, `203.0.113.${n}, 198.51.100.1`)).status

  t.deepEqual([await fail(1), await fail(2), await fail(3)], [400, 400, 429])
})

test('each limit can be turned off', async (t) => {
  const {shop, logIn, statuses} = await setUp(t, {accountTries: 0, addressTries: 0})

  t.deepEqual(await statuses(5, wrong), [400, 400, 400, 400, 400])

  t.is((await logIn(matt)).status, 200)
  t.deepEqual(await shop.db('login_tries'), [])
})

for (const [title, unlock] of [
  ['sets the password', async ({db}: TestShop) => setPassword(db, cheapBcrypt, matt, operator)],
  [
    'deactivates and activates the user',
    async ({db}: TestShop) => {
      await setActive(db, 'matt', false, operator)
      await setActive(db, 'matt', true, operator)
    },
  ],
] as const) {
  test(`an account that is refused can log in again at once when an operator ${title}`, async (t) => {
    const {shop, logIn, statuses} = await setUp(t)
    t.is((await logIn(matt, '198.51.100.1')).status, 200)
    t.deepEqual(await statuses(4, wrong, '198.51.100.1'), [400, 400, 400, 429])
    t.deepEqual(await statuses(4, wrong, '203.0.113.1'), [400, 400, 400, 429])

    await unlock(shop)

    t.is((await logIn(matt, '198.51.100.1')).status, 200)
    t.is((await logIn(matt, '203.0.113.1')).status, 200)
  })
}

test('a count ends after its time, and its row is deleted an hour later', async (t) => {
  const {shop, statuses} = await setUp(t)
  const {db} = shop
  t.deepEqual(await statuses(4, wrong), [400, 400, 400, 429])

  await db('login_tries').update({expire: db.raw('expire - 3600000')})
  t.deepEqual(await statuses(1, wrong), [400])
  t.deepEqual(await db('login_tries').pluck('points'), [1, 1])

  await db('login_tries').update({expire: db.raw('expire - 7200000 + 600000')})
  await pruneLoginTries(db)
  t.is((await db('login_tries')).length, 2)
  await db('login_tries').update({expire: db.raw('expire - 600000')})
  await pruneLoginTries(db)
  t.deepEqual(await db('login_tries'), [])
})

test('the last 20 addresses of a user are remembered', async (t) => {
  const {shop, logIn} = await setUp(t)
  for (let n = 1; n <= 20; n++) {
    await shop.db.raw(
      `insert into login_addresses select id, '192.0.2.' || ?, now() - (21 - ?) * interval '1 day' from users`,
      [String(n), n],
    )
  }
  t.is((await logIn(matt, '192.0.2.2')).status, 200)
  t.is((await logIn(matt, '192.0.2.22')).status, 200)

  const kept = await shop.db('login_addresses').orderBy('last_login_at', 'desc').pluck('address')

  t.is(kept.length, 20)
  t.deepEqual(kept.slice(0, 2), ['192.0.2.22', '192.0.2.2'])
  t.false(kept.includes('192.0.2.1'))
  t.true(kept.includes('192.0.2.3'))
})

test('names are not stored, however long and strange they are', async (t) => {
  const {shop, logIn} = await setUp(t)
  const names = [
    'my secret password',
    'n'.repeat(7000),
    '名前',
    "x'; drop table users; --",
    '%',
    'address:198.51.100.1',
  ]

  for (const username of names) t.is((await logIn({username, password: 'x'})).status, 400)

  const keys = (await shop.db('login_tries').where('key', 'like', 'account:%').pluck('key')) as string[]
  t.is(keys.length, names.length)
  t.true(keys.every((key) => /^account:[0-9a-f]{64}$/.test(key)))
})

test('of many tries at once, not one more is checked than the limit allows', async (t) => {
  const {shop} = await setUp(t, {accountTries: 3, addressTries: 7})
  const log = async (username: string, address: string) =>
    shop.send('POST', '/auth/login/', {
      json: {username, password: 'x'},
      headers: {'x-forwarded-for': address},
    })

  const ofAccount = await Promise.all(Array.from({length: 20}, async (_, n) => log('matt', `192.0.2.${n}`)))
  const ofAddress = await Promise.all(Array.from({length: 20}, async (_, n) => log(`user-${n}`, '203.0.113.1')))

  const checked = (answers: Answer[]) => answers.filter(({status}) => status === 400).length
  t.is(checked(ofAccount), 3)
  t.is(checked(ofAddress), 7)
  t.true([...ofAccount, ...ofAddress].every(({status}) => status === 400 || status === 429))
})
