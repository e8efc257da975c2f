import {createHash} from 'node:crypto'

import test from 'ava'

import {audit} from '../../src/services/audit.ts'
import {createDatabase} from '../helpers/database.ts'
import {logIn} from '../helpers/log-in.ts'
import {runShop} from '../helpers/run.ts'

const size = ['--products', '300', '--users', '20', '--orders', '50']
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('the same seed gives the same bytes, in every version', async (t) => {
  const {stdout} = await runShop(['generate-fixture', ...size, '--seed', '7', '--format', 'ndjson'])
  t.is(stdout.split('\n').length, 371)
  t.is(sha256(stdout), 'b0c64e7c68a1a9301d20fed8c3de725e6a5aa0f56179d525008bf38ccf9f3fe6')
  const other = await runShop(['generate-fixture', ...size, '--seed', '8', '--format', 'ndjson'])
  t.not(other.stdout, stdout)
})

test('a made-up fixture loads completely, passes the audit, and its users can log in', async (t) => {
  const {db, url} = await createDatabase(t)
  const {stdout} = await runShop(['generate-fixture', ...size])
  const env = {DATABASE_URL: url}

  const {exitCode} = await runShop(['load-fixture', '-'], {env, input: stdout})

  t.is(exitCode, 0)
  t.deepEqual((await audit(db)).findings, [])
  t.is((await db('orders')).length, 50)
  t.true((await db('product_prices').distinct('currency')).length > 1)
  const [username] = (await db('users').where({id: 1}).pluck('username')) as [string]
  await t.notThrowsAsync(logIn(db, {username, password: 'generated'}))
})

test('a CSV fixture has the requested number of products', async (t) => {
  const {db, url} = await createDatabase(t)
  const {stdout} = await runShop(['generate-fixture', '--products', '100', '--format', 'csv'])
  const {exitCode} = await runShop(['load-fixture', '-'], {env: {DATABASE_URL: url}, input: stdout})
  t.is(exitCode, 0)
  t.is((await db('products')).length, 100)
})

const refuses = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const {exitCode, stdout, stderr} = await runShop(['generate-fixture', ...args])
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.regex(stderr, message)
  },
  title: (_, args) => `generate-fixture ${args.join(' ')} is wrong usage`,
})

test(refuses, ['--orders', '1', '--products', '1'], /Orders need users and products/)
test(refuses, ['--users', '1', '--format', 'csv'], /CSV has products only/)
test(refuses, ['--products', '-1'], /--products must be a whole number from 0 to 1000000000, not "-1"/)
