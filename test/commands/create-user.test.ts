import test from 'ava'
import type {Knex} from 'knex'

import {CreatedUser} from '../helpers/cli-json/users.ts'
import {createDatabase} from '../helpers/database.ts'
import {logIn} from '../helpers/log-in.ts'
import {runShop} from '../helpers/run.ts'

async function canLogIn(db: Knex, username: string, password: string): Promise<boolean> {
  const {token} = await logIn(db, {username, password})
  return token !== ''
}

test('takes the password from stdin, without one trailing newline', async (t) => {
  const {db, url} = await createDatabase(t)

  const run = await runShop(['create-user', 'anna', '--password-stdin'], {
    env: {DATABASE_URL: url},
    input: ' pass word\n\n',
  })

  t.deepEqual(run, {exitCode: 0, stdout: 'Created user anna.\n', stderr: ''})
  t.true(await canLogIn(db, 'anna', ' pass word\n'))
})

test('--random generates a username and a password, and prints them', async (t) => {
  const {db, url} = await createDatabase(t)

  const run = await runShop(['create-user', '--random', '--json'], {env: {DATABASE_URL: url}})
  const {username, password} = CreatedUser.parse(JSON.parse(run.stdout))

  t.is(run.exitCode, 0)
  t.true(await canLogIn(db, username, password ?? ''))
  t.true((password ?? '').length >= 20)
})

test('--random with a name generates the password', async (t) => {
  const {db, url} = await createDatabase(t)

  const run = await runShop(['create-user', 'anna', '--random'], {env: {DATABASE_URL: url}})
  const password = /shown only once\): (\S+)\n/.exec(run.stdout)?.[1] ?? ''

  t.is(run.exitCode, 0)
  t.true(await canLogIn(db, 'anna', password))
})

test('--json has no password if it came from stdin', async (t) => {
  const {url} = await createDatabase(t)

  const run = await runShop(['create-user', 'anna', '--password-stdin', '--json'], {
    env: {DATABASE_URL: url},
    input: 'secret password',
  })

  t.like(CreatedUser.parse(JSON.parse(run.stdout)), {id: 1, username: 'anna', is_active: true, password: null})
})

test('a username that is taken is refused', async (t) => {
  const {db, url} = await createDatabase(t)
  const run = async () =>
    runShop(['create-user', 'anna', '--password-stdin'], {env: {DATABASE_URL: url}, input: 'secret password'})

  await run()
  const second = await run()

  t.is(second.exitCode, 1)
  t.regex(second.stderr, /^Error: The username "anna" is already taken\./)
  t.is((await db('users')).length, 1)
})

const refuses = test.macro<[string, string | undefined, RegExp]>({
  async exec(t, username, password, message) {
    const {db, url} = await createDatabase(t)

    const run = await runShop(['create-user', username, '--password-stdin'], {
      env: {DATABASE_URL: url},
      input: password ?? '',
    })

    t.is(run.exitCode, 1)
    t.regex(run.stderr, message)
    t.deepEqual(await db('users'), [])
  },
  title: (title = '') => `refuses ${title}`,
})

test('a password of 73 bytes', refuses, 'anna', `${'ä'.repeat(36)}a`, /longer than 72 bytes/)
test('an endless password', refuses, 'anna', 'a'.repeat(1_000_000), /longer than 72 bytes/)
test('an empty password', refuses, 'anna', '\n', /password is empty/)
test('a missing password', refuses, 'anna', undefined, /password is empty/)
test('a password of 7 characters', refuses, 'anna', '\u{1f511}'.repeat(7), /too short\. Use at least 8/)
test('a name of 151 characters', refuses, 'a'.repeat(151), 'secret password', /username must have 1 to 150/)
test('a name with a space', refuses, 'anna b', 'secret password', /username must have 1 to 150/)

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['create-user', ...args], {input: 'secret\n'})

    t.is(run.exitCode, 2)
    t.is(run.stdout, '')
    t.regex(run.stderr.replaceAll(/\s+(›\s+)?/g, ' '), message)
  },
  title: (title = '') => `${title} is wrong usage`,
})

test('no argument at all, without a terminal,', isWrongUsage, [], /--password-stdin, or --random/)
test('only a name, without a terminal,', isWrongUsage, ['anna'], /--password-stdin, or --random/)
test('--password-stdin without a name', isWrongUsage, ['--password-stdin'], /Pass USERNAME/)
test('a password as an argument', isWrongUsage, ['anna', 'secret'], /There is no argument for secret/)
test('--random with --password-stdin', isWrongUsage, ['anna', '--random', '--password-stdin'], /cannot be used with/)
