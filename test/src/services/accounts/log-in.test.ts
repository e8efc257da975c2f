import {pbkdf2Sync} from 'node:crypto'
import {readFileSync} from 'node:fs'

import bcrypt from 'bcryptjs'
import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {LoginFailedError} from '../../../../src/errors.ts'
import {checkPassword} from '../../../../src/services/accounts/check-password.ts'
import {createLoginCounter} from '../../../../src/services/accounts/count-logins.ts'
import {logIn as logInWith} from '../../../../src/services/accounts/log-in.ts'
import {createHashCostLookup, readHashCosts} from '../../../../src/services/accounts/hash-costs.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {logIn, logInOptions} from '../../../helpers/log-in.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {until} from '../../../helpers/until.ts'
import {statementsIn} from '../../../helpers/wire.ts'

function djangoHash(password: string, iterations: number): string {
  return `pbkdf2_sha256$${iterations}$salt$${pbkdf2Sync(password, 'salt', iterations, 32, 'sha256').toString('base64')}`
}

const rounds = 3

/** The milliseconds that this thread has computed, in which other processes do not count. Only Linux tells. */
function threadMs(): number {
  if (process.platform !== 'linux') return performance.now()
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ', 1)[0]) / 1e6
}

/** The fastest of several rounds, since other work can only make a round slower. */
async function fastest(cases: Record<string, () => Promise<unknown>>): Promise<Record<string, number>> {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, Infinity]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const start = threadMs()
      await run()
      times[name] = Math.min(times[name] ?? Infinity, threadMs() - start)
    }
  }
  return times
}

test.serial('how long a refusal takes does not tell which users exist', async (t) => {
  const {db} = await createDatabase(t)
  await db('users').insert([
    {username: 'anna', password_hash: await bcrypt.hash('secret', 10)},
    {username: 'cheap', password_hash: await bcrypt.hash('secret', 4)},
    {username: 'inactive', password_hash: await bcrypt.hash('secret', 10), is_active: false},
    {username: 'unusable', password_hash: '!'},
    {username: 'costly', password_hash: `$2b$31$q6jZknBQQ9FJ.vLPPJuDB.7vN2Oy9KZa4D9qrE6LvHhcksoozZftq`},
    // About as much work as the cost of 10, so that neither can be left out unnoticed.
    {username: 'django', password_hash: djangoHash('secret', 400_000)},
    {username: 'cheap django', password_hash: djangoHash('secret', 1000)},
  ])
  const long = 's'.repeat(73)
  const refuse = (username: string, password: string) => async () =>
    t.throwsAsync(logIn(db, {username, password}), {instanceOf: LoginFailedError})

  const times = await fastest({
    'a known user': refuse('anna', 'wrong'),
    'a known user with a long password': refuse('anna', long),
    'a user with a cheap hash': refuse('cheap', 'wrong'),
    'an inactive user with the right password': refuse('inactive', 'secret'),
    'a user without a password': refuse('unusable', 'wrong'),
    'a user whose hash costs too much': refuse('costly', 'wrong'),
    'a user with a Django hash': refuse('django', 'wrong'),
    'a user with a Django hash, with a long password': refuse('django', long),
    'a user with a cheap Django hash': refuse('cheap django', 'wrong'),
    'no user': refuse('nobody', 'wrong'),
    'no user, with a long password': refuse('nobody', long),
  })

  t.log(times)
  const [least, most] = [Math.min(...Object.values(times)), Math.max(...Object.values(times))]
  t.true(most < 1.5 * least, `A refusal takes from ${least.toFixed(0)} to ${most.toFixed(0)} ms.`)
})

test('a login that is refused runs the same statements whether the user exists or not', async (t) => {
  const {db, url} = await createDatabase(t)
  await db('users').insert({username: 'anna', password_hash: await bcrypt.hash('secret', 4)})
  const statements: string[] = []
  const proxied = await startProxy(t, url, (message) => {
    statements.push(...statementsIn(message))
    return false
  })
  const through = connect(() => ({connectionString: proxied}), {poolSize: 1})
  t.teardown(async () => through.destroy())
  await through.raw('select')
  const options = {...logInOptions(db), countLogin: createLoginCounter(through, {accountTries: 2, addressTries: 100})}
  const statementsOf = async (username: string) => {
    const found: string[][] = []
    for (let n = 0; n < 4; n++) {
      statements.length = 0
      await t.throwsAsync(logInWith(through, {username, password: 'wrong', address: '192.0.2.1'}, options))
      found.push([...statements])
    }
    return found
  }

  const unknown = await statementsOf('nobody')
  const known = await statementsOf('anna')

  t.deepEqual(known, unknown)
  // The last two only look.
  t.deepEqual(
    known.map((one) => one.filter((name) => name.includes('upsert')).length),
    [2, 2, 0, 0],
  )
})

test.serial('a refusal takes as long as the costliest hash of bcrypt', async (t) => {
  const check = async (cost: number) => {
    const hash = await bcrypt.hash('secret', cost)
    const highest = {bcryptCost: 10, iterations: 0}
    return async () => checkPassword({password: 'wrong', hash, isActive: true, highest})
  }

  const times = await fastest({4: await check(4), 9: await check(9), 10: await check(10)})

  t.log(times)
  t.true(Math.max(...Object.values(times)) < 2 * Math.min(...Object.values(times)))
})

test('the right password matches, and a Django hash is replaced unless bcrypt cannot hold the password', async (t) => {
  const highest = {bcryptCost: 4, iterations: 0}
  const check = async (password: string, hash: string) => checkPassword({password, hash, isActive: true, highest})
  const long = 's'.repeat(73)

  t.deepEqual(await check('secret', await bcrypt.hash('secret', 4)), {isMatch: true})
  t.deepEqual(await check(long, djangoHash(long, 1000)), {isMatch: true})
  const {isMatch, newHash = ''} = await check('secret', djangoHash('secret', 1000))
  t.true(isMatch)
  t.true(await bcrypt.compare('secret', newHash))
  // bcrypt itself would compare the first 72 bytes.
  t.deepEqual(await check(long, await bcrypt.hash('s'.repeat(72), 4)), {isMatch: false})
})

test('the highest costs are those of the hashes that are compared', async (t) => {
  const {db} = await createDatabase(t)
  t.deepEqual(await readHashCosts(db), {bcryptCost: 10, iterations: 0})
  const rest = '$q6jZknBQQ9FJ.vLPPJuDB.7vN2Oy9KZa4D9qrE6LvHhcksoozZftq'
  await db('users').insert([
    {username: 'a', password_hash: `$2b$14${rest}`},
    {username: 'b', password_hash: `$2b$15${rest}`},
    {username: 'c', password_hash: `pbkdf2_sha256$2000000$salt$${'A'.repeat(43)}=`},
    {username: 'd', password_hash: `pbkdf2_sha256$2000001$salt$${'A'.repeat(43)}=`},
    {username: 'e', password_hash: `pbkdf2_sha256$${'9'.repeat(400)}$salt$${'A'.repeat(43)}=`},
    {username: 'f', password_hash: '!'},
  ])
  t.deepEqual(await readHashCosts(db), {bcryptCost: 14, iterations: 2_000_000})
})

test('the highest costs are read again after a failure', async (t) => {
  const {db} = await createDatabase(t)
  const findHashCosts = createHashCostLookup(db)
  await db.schema.renameTable('users', 'away')
  await t.throwsAsync(findHashCosts())

  await db.schema.renameTable('away', 'users')

  t.deepEqual(await findHashCosts(), {bcryptCost: 10, iterations: 0})
})

test('later logins use the costs that were read last, and have them read again after a while', async (t) => {
  const {db} = await createDatabase(t)
  const findHashCosts = createHashCostLookup(db, {maxAge: 0})
  t.is((await findHashCosts()).iterations, 0)
  await db('users').insert({username: 'django', password_hash: djangoHash('secret', 1000)})

  t.is((await findHashCosts()).iterations, 0)
  await until(async () => (await findHashCosts()).iterations === 1000)

  await db.schema.renameTable('users', 'away')
  t.is((await findHashCosts()).iterations, 1000)
})
