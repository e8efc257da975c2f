import bcrypt from 'bcryptjs'
import test from 'ava'

import {logIn} from '../../src/services/tokens.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'

test('a user whose password comes from stdin logs in with it', async (t) => {
  const {db, url} = await createDatabase(t)
  const {exitCode, stdout} = await runShop(['create-user', 'anna', '--password-stdin'], {
    env: {DATABASE_URL: url},
    input: 'se cret\n',
  })
  t.is(exitCode, 0)
  t.regex(stdout, /Created user anna/)
  t.notRegex(stdout, /cret\n/)
  await t.notThrowsAsync(logIn(db, bcrypt, {username: 'anna', password: 'se cret', tokenDays: 1}))
})

test('--random makes up both, prints them once, and they log in', async (t) => {
  const {db, url} = await createDatabase(t)
  const {exitCode, stdout} = await runShop(['create-user', '--random', '--json'], {env: {DATABASE_URL: url}})
  t.is(exitCode, 0)
  const {username, password} = JSON.parse(stdout)
  await t.notThrowsAsync(logIn(db, bcrypt, {username, password, tokenDays: 1}))
})

const refuses = test.macro<[args: string[], input: string, exitCode: number, message: RegExp]>({
  async exec(t, args, input, expected, message) {
    const {db, url} = await createDatabase(t)
    await db('users').insert({username: 'taken', password_hash: '!'})
    const {exitCode, stdout, stderr} = await runShop(['create-user', ...args], {env: {DATABASE_URL: url}, input})
    t.is(exitCode, expected)
    t.is(stdout, '')
    t.regex(stderr, message)
    t.is((await db('users')).length, 1)
  },
  title: (_, args, input) =>
    `create-user ${args.join(' ').slice(0, 60)} < ${JSON.stringify(input.slice(0, 20))} is refused`,
})

test(refuses, [], '', 2, /--password-stdin/)
test(refuses, ['anna'], '', 2, /--password-stdin/)
test(refuses, ['--password-stdin'], 'x', 2, /USERNAME/)
test(refuses, ['anna', '--password-stdin', '--random'], 'x', 2, /--random/)
test(refuses, ['taken', '--password-stdin'], 'x', 1, /^Error: There is a user "taken" already/)
test(refuses, ['anna', '--password-stdin'], '', 1, /^Error: The password is empty/)
test(refuses, ['anna', '--password-stdin'], 'é'.repeat(37), 1, /^Error: The password is longer than 72 bytes/)
test(refuses, ['an na', '--password-stdin'], 'x', 1, /^Error: A username has 1 to 150 characters/)
test(refuses, ['a'.repeat(151), '--password-stdin'], 'x', 1, /^Error: A username has 1 to 150 characters/)
