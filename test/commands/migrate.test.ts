import test from 'ava'

import {createEmptyDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'

const initial = '20261123000000_initial'

test('migrate, its status and its rollback say what they did, and that there is nothing to do', async (t) => {
  const {url} = await createEmptyDatabase(t)
  const env = {DATABASE_URL: url}

  t.regex((await runShop(['migrate', 'status'], {env})).stdout, new RegExp(initial))
  t.regex((await runShop(['migrate'], {env})).stdout, new RegExp(initial))
  const again = await runShop(['migrate'], {env})
  t.is(again.exitCode, 0)
  t.notRegex(again.stdout, new RegExp(initial))
  const status = JSON.parse((await runShop(['migrate', 'status', '--json'], {env})).stdout)
  t.is(status.applied[0].name, initial)
  t.deepEqual(status.pending, [])

  const unasked = await runShop(['migrate', 'rollback'], {env})
  t.is(unasked.exitCode, 2)
  t.regex(unasked.stderr, /--yes/)
  t.regex((await runShop(['migrate', 'rollback', '--yes'], {env})).stdout, new RegExp(initial))
  t.is((await runShop(['migrate', 'rollback', '--yes'], {env})).exitCode, 0)
  t.is((await runShop(['migrate'], {env})).exitCode, 0)
})

test('a database that cannot be reached is an error, not a success that did nothing', async (t) => {
  const env = {DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop', SHOP_DATABASE_WAIT: '0'}
  const {exitCode, stdout, stderr} = await runShop(['migrate'], {env})
  t.is(exitCode, 1)
  t.is(stdout, '')
  t.regex(stderr, /^Error: The database did not answer/)
})

test('an environment that is not usable is an error that names the variable', async (t) => {
  const {exitCode, stderr} = await runShop(['migrate'], {env: {DATABASE_URL: 'mysql://x'}})
  t.is(exitCode, 1)
  t.regex(stderr, /DATABASE_URL: must be a URL such as postgres:/)
})
