import {Agent} from 'node:http'

import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'

import {createUser} from '../../src/services/accounts/users.ts'
import {createDatabase} from '../helpers/database.ts'
import {type Reply, send} from '../helpers/send.ts'
import {spawnServe} from '../helpers/serve.ts'
import {sized} from '../helpers/tier.ts'

const matt = {username: 'matt', password: 'jackson5'}
const home = '192.0.2.1'

type Guess = {username: string; password: string; address: string}

/** Two replicas on one database, one of them with two workers, behind a trusted proxy. */
async function setUp(t: ExecutionContext, env: Record<string, string> = {}) {
  const {db, url} = await createDatabase(t)
  await createUser(db, bcrypt, matt)
  const replicas = [
    ['--workers', '2', '--port', '0'],
    ['--port', '0'],
  ].map((args) => spawnServe(t, {DATABASE_URL: url, ...env}, args))
  const origins = await Promise.all(replicas.map(async ({url: origin}) => origin))
  const agent = new Agent({keepAlive: true, maxSockets: 60})
  t.teardown(() => {
    agent.destroy()
  })
  let turn = 0
  const logIn = async ({address, ...json}: Guess): Promise<Reply | undefined> => {
    const origin = origins[turn++ % origins.length] ?? ''
    return send({agent, method: 'POST', url: `${origin}/auth/login/`, json, headers: {'x-forwarded-for': address}})
  }
  /** Sends guesses, many at once, and returns how many there were of each status. */
  const guess = async (count: number, guessOf: (n: number) => Guess): Promise<Record<number, number>> => {
    const statuses: Record<number, number> = {}
    let next = 0
    const guessOn = async (): Promise<void> => {
      while (next < count) {
        const status = (await logIn(guessOf(next++)))?.status ?? 0
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({length: 60}, guessOn))
    return statuses
  }
  return {logIn, guess}
}

test.serial('of thousands of passwords from as many addresses, 20 are tried on one account', async (t) => {
  const {logIn, guess} = await setUp(t)
  t.is((await logIn({...matt, address: home}))?.status, 200)
  const count = sized(300, 10_000)

  const {
    400: checked,
    429: limited = 0,
    503: busy = 0,
    ...others
  } = await guess(count, (n) => ({
    username: 'matt',
    password: `guess ${n}`,
    address: `203.0.${n >> 8}.${n & 255}`,
  }))

  t.log({checked, limited, busy})
  t.is(checked, 20)
  t.deepEqual(others, {})
  t.is(limited + busy, count - 20)
  t.is((await logIn({...matt, address: '198.51.100.1'}))?.status, 429)
  t.is((await logIn({...matt, address: home}))?.status, 200)
})

test.serial('of thousands of accounts, a hundred are tried from one address', async (t) => {
  const limit = sized(30, 100)
  const {logIn, guess} = await setUp(t, {SHOP_LOGIN_ADDRESS_TRIES: String(limit)})
  const count = sized(300, 10_000)

  const {
    400: checked,
    429: limited = 0,
    503: busy = 0,
    ...others
  } = await guess(count, (n) => ({
    username: `user-${n}`,
    password: 'password',
    // Of one network.
    address: `2001:db8:1:2::${n.toString(16)}`,
  }))

  t.log({checked, limited, busy})
  t.is(checked, limit)
  t.deepEqual(others, {})
  t.is(limited + busy, count - limit)
  t.is((await logIn({...matt, address: '2001:db8:1:2:ffff::1'}))?.status, 429)
  t.is((await logIn({...matt, address: home}))?.status, 200)
})
