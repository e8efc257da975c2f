import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'

import {LoginAbandonedError, LoginBusyError} from '../../../../src/errors.ts'
import {createBcryptPool} from '../../../../src/services/accounts/bcrypt-pool.ts'
import type {PasswordCheck, PasswordResult} from '../../../../src/services/accounts/check-password.ts'

type Checks = {check: (check: PasswordCheck, signal?: AbortSignal) => Promise<PasswordResult>}

const address = '203.0.113.7'

function setUp(t: ExecutionContext, options: {limit?: number; threads?: number} = {}): Checks {
  const pool = createBcryptPool({threads: 1, ...options})
  t.teardown(async () => pool.close())
  return {
    check: async (check, signal) => pool.takeTurn(async (checkPassword) => checkPassword(check), {address, signal}),
  }
}

async function checkOf(password: string, actual = 'secret', cost = 4): Promise<PasswordCheck> {
  const hash = await bcrypt.hash(actual, cost)
  return {password, hash, isActive: true, highest: {bcryptCost: cost, iterations: 0}}
}

test('a password is compared with the hash that it is of, and with others', async (t) => {
  const pool = setUp(t, {threads: 2})
  const checks = await Promise.all(['secret', 'Secret', ''].map(async (password) => checkOf(password)))

  const results = await Promise.all(checks.map(async (check) => pool.check(check)))

  t.deepEqual(
    results.map(({isMatch}) => isMatch),
    [true, false, false],
  )
})

test('as many checks wait as the limit allows, in order, and one more is refused', async (t) => {
  const pool = setUp(t, {limit: 10})
  const check = await checkOf('secret')
  const ends: number[] = []

  const [refused, ...waiting] = [
    ...Array.from({length: 11}, async (_, n) => pool.check(check).then(() => ends.push(n))),
    pool.check(check),
  ].reverse()

  await t.throwsAsync(refused as Promise<unknown>, {instanceOf: LoginBusyError})
  await Promise.all(waiting)
  t.deepEqual(
    ends,
    Array.from({length: 11}, (_, n) => n),
  )
  t.true((await pool.check(check)).isMatch)
})

test('fifty checks wait, unless told otherwise', async (t) => {
  const pool = setUp(t)
  const check = await checkOf('secret')

  const outcomes = await Promise.allSettled(Array.from({length: 52}, async () => pool.check(check)))

  const refused = outcomes.flatMap((outcome, n) => (outcome.status === 'rejected' ? n : []))
  t.deepEqual(refused, [51])
})

test('addresses take turns, however many checks of one of them wait', async (t) => {
  const pool = createBcryptPool({threads: 1})
  t.teardown(async () => pool.close())
  const order: string[] = []
  const take = async (client: string): Promise<void> =>
    pool.takeTurn(
      async () => {
        order.push(client)
        return Promise.resolve()
      },
      {address: client},
    )

  await Promise.all(['busy', 'busy', 'busy', 'busy', 'late', 'late', 'later'].map(take))

  t.deepEqual(order, ['busy', 'busy', 'late', 'later', 'busy', 'late', 'busy'])
})

test('an address with fewer waiting checks takes the last place of the one with the most', async (t) => {
  const pool = createBcryptPool({threads: 1, limit: 4})
  t.teardown(async () => pool.close())
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const running = pool.takeTurn(async () => gate, {address})
  const take = async (client: string): Promise<string> =>
    pool.takeTurn(async () => Promise.resolve(client), {address: client})

  const outcomes = Promise.allSettled(
    ['flood', 'flood', 'flood', 'flood', 'flood', 'one', 'one', 'one', 'other', 'last', 'too late'].map(take),
  )
  open()

  await running
  t.deepEqual(
    (await outcomes).map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : outcome.reason instanceof LoginBusyError,
    ),
    ['flood', true, true, true, true, 'one', true, true, 'other', 'last', true],
  )
})

test('a check that has waited for too long is refused, and leaves its place to another', async (t) => {
  const pool = createBcryptPool({threads: 1, limit: 1, patienceMs: 50})
  t.teardown(async () => pool.close())
  let end = (): void => undefined
  const running = pool.takeTurn(async () => new Promise<void>((resolve) => (end = resolve)), {address})

  await t.throwsAsync(
    pool.takeTurn(async () => Promise.resolve(), {address}),
    {instanceOf: LoginBusyError},
  )
  const next = pool.takeTurn(async () => Promise.resolve('next'), {address})
  end()

  await running
  t.is(await next, 'next')
})

test('a check whose client has gone is dropped, and leaves its place to another', async (t) => {
  const pool = setUp(t, {limit: 400})
  const [check, slow] = [await checkOf('secret'), await checkOf('secret', 'secret', 11)]
  const clients = Array.from({length: 400}, () => new AbortController())
  const running = pool.check(slow)

  const abandoned = Promise.allSettled(clients.map(async ({signal}) => pool.check(slow, signal)))
  await t.throwsAsync(pool.check(check), {instanceOf: LoginBusyError})
  for (const client of clients) client.abort()
  const patient = pool.check(check)

  const outcomes = await abandoned
  t.true(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason instanceof LoginAbandonedError))
  t.true((await running).isMatch)
  t.true((await patient).isMatch)
  await t.throwsAsync(pool.check(check, clients[0]?.signal), {instanceOf: LoginAbandonedError})
})

test('a client that goes while its password is checked does not disturb the next', async (t) => {
  const pool = setUp(t)
  const check = await checkOf('secret')
  await pool.check(check)
  const gone = new AbortController()

  const first = pool.check(await checkOf('secret', 'secret', 11), gone.signal)
  const second = pool.check(check)
  gone.abort()

  t.true((await first).isMatch)
  t.true((await second).isMatch)
})

test.serial('the thread that asks is free while it waits', async (t) => {
  const pool = setUp(t)
  const [check, slow] = [await checkOf('secret'), await checkOf('secret', 'secret', 12)]
  // Starts a thread, which takes longer than a check.
  await pool.check(check)
  const before = performance.eventLoopUtilization()

  await pool.check(slow)

  t.true(performance.eventLoopUtilization(before).utilization < 0.5)
})

test('a check that fails is an error of the one who asked', async (t) => {
  const pool = setUp(t)
  const check = await checkOf('secret')
  await t.throwsAsync(pool.check({...check, password: undefined as unknown as string}))
  t.true((await pool.check(check)).isMatch)
})
