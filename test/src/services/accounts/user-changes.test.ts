import bcrypt from 'bcryptjs'
import test from 'ava'
import type {Knex} from 'knex'

import {LoginFailedError} from '../../../../src/errors.ts'
import {checkPassword} from '../../../../src/services/accounts/check-password.ts'
import type {CheckPassword} from '../../../../src/services/accounts/bcrypt-pool.ts'
import {logIn as logInWith} from '../../../../src/services/accounts/log-in.ts'
import type {Token} from '../../../../src/services/accounts/tokens.ts'
import {createUser, setActive, setPassword} from '../../../../src/services/accounts/users.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {logIn, logInOptions} from '../../../helpers/log-in.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const operator = {name: 'olga'}
const old = {username: 'matt', password: 'old password'}

async function logInSlowly(db: Knex, check: CheckPassword): Promise<Token> {
  const options = {
    ...logInOptions(db),
    takeTurn: async <Result>(task: (one: CheckPassword) => Promise<Result>) => task(check),
  }
  return logInWith(db, {...old, address: '192.0.2.1'}, options)
}

for (const [title, change] of [
  ['sets the password', 'password'],
  ['deactivates the user', 'state'],
] as const) {
  test(`a login whose password is being checked gets no token if an operator ${title} meanwhile`, async (t) => {
    const {db} = await createDatabase(t)
    await createUser(db, cheapBcrypt, old)
    let checks = 0
    const login = logInSlowly(db, async (check) => {
      const result = await checkPassword(check)
      if (checks++ === 0) {
        if (change === 'state') await setActive(db, 'matt', false, operator)
        else await setPassword(db, cheapBcrypt, {username: 'matt', password: 'new password'}, operator)
      }
      return result
    })

    await t.throwsAsync(login, {instanceOf: LoginFailedError})

    t.is(checks, 2)
    t.deepEqual(await db('auth_tokens'), [])
  })
}

test('an operator who sets the password waits for a login that has checked the old one, and then ends its token', async (t) => {
  const {db} = await createDatabase(t)
  await createUser(db, cheapBcrypt, old)
  const other = await db.transaction()
  await other.raw('lock table auth_tokens in share mode')

  const login = logIn(db, old)
  await untilWaiting(db)
  const set = setPassword(db, cheapBcrypt, {username: 'matt', password: 'new password'}, operator)
  await untilWaiting(db, 2)
  await other.rollback()

  await login
  t.is(await set, 1)
  t.deepEqual(await db('auth_tokens'), [])
})

test('two logins that replace a Django hash at once both get a token', async (t) => {
  const {db} = await createDatabase(t)
  const hash = 'pbkdf2_sha256$1$salt$9KsBZRPYG9Ckah8KHnpLYxGtUZzqwRMiDs7Nt/ZEVgU='
  await createUser(db, cheapBcrypt, old)
  const newHash = await bcrypt.hash(old.password, 4)
  await db('users').update({password_hash: hash})
  let arrived = 0
  let arrive: (value?: undefined) => void
  const both = new Promise<undefined>((resolve) => (arrive = resolve))
  const log = async () =>
    logInSlowly(db, async (check) => {
      if (check.hash !== hash) return checkPassword(check)
      if (++arrived === 2) arrive()
      await both
      return {isMatch: true, newHash}
    })

  await Promise.all([log(), log()])

  t.is((await db('auth_tokens')).length, 2)
  t.deepEqual(await db('users').pluck('password_hash'), [newHash])
})
