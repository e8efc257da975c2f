import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'

import {type BcryptPool, createBcryptPool} from '../../../../src/services/accounts/bcrypt-pool.ts'

function setUp(t: ExecutionContext, threads = 2): BcryptPool {
  const pool = createBcryptPool({threads})
  t.teardown(async () => pool.close())
  return pool
}

test('hashes are those of bcrypt, with a salt each', async (t) => {
  const pool = setUp(t)

  const [one, other] = await Promise.all([pool.hash('secret', 4), pool.hash('secret', 4)])

  t.regex(one, /^\$2[aby]\$04\$/)
  t.not(one, other)
  t.true(await bcrypt.compare('secret', one))
})

test('a password is compared with the hash that it is of, and with others', async (t) => {
  const pool = setUp(t)
  const hash = await bcrypt.hash('secret', 4)

  t.deepEqual(await Promise.all(['secret', 'Secret', ''].map(async (password) => pool.compare(password, hash))), [
    true,
    false,
    false,
  ])
})

test('more hashes than threads wait for their turn', async (t) => {
  const pool = setUp(t, 1)
  const passwords = Array.from({length: 10}, (_, n) => `password ${n}`)

  const hashes = await Promise.all(passwords.map(async (password) => pool.hash(password, 4)))

  const matches = await Promise.all(passwords.map(async (password, n) => bcrypt.compare(password, hashes[n] ?? '')))
  t.true(matches.every(Boolean))
})

test.serial('the thread that asks is free while it waits', async (t) => {
  const pool = setUp(t)
  // Starts a thread, which takes longer than a hash.
  await pool.hash('secret', 4)
  const before = performance.eventLoopUtilization()

  await pool.hash('secret', 12)

  t.true(performance.eventLoopUtilization(before).utilization < 0.5)
})

test('a hash that cannot be made is an error of the one who asked', async (t) => {
  const pool = setUp(t)
  await t.throwsAsync(pool.hash(undefined as unknown as string, 4))
  t.regex(await pool.hash('secret', 4), /^\$2/)
})
