import test from 'ava'
import {parse} from 'yaml'

import {document, paidApi} from '../helpers/openapi.ts'
import {runShop} from '../helpers/run.ts'

const noDatabase = {env: {DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none'}}
const expected: unknown = JSON.parse(JSON.stringify(document))

test('prints the description of the API without a database', async (t) => {
  const plain = await runShop(['openapi'], noDatabase)
  const json = await runShop(['openapi', '--json'], noDatabase)

  t.deepEqual([plain.exitCode, plain.stderr], [0, ''])
  t.deepEqual(JSON.parse(plain.stdout), expected)
  t.deepEqual(json, plain)
})

test('with payments, prints what such a shop serves', async (t) => {
  const {env} = noDatabase
  const {stdout} = await runShop(['openapi'], {env: {...env, SHOP_PAYMENT: 'required'}})
  t.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(paidApi().document)))
})

test('--yaml is the same document', async (t) => {
  const {exitCode, stdout, stderr} = await runShop(['openapi', '--yaml'], noDatabase)

  t.deepEqual([exitCode, stderr], [0, ''])
  t.true(stdout.startsWith('openapi: 3.1.0\n'))
  t.deepEqual(parse(stdout), expected)
})

test('YAML is not JSON', async (t) => {
  const {exitCode} = await runShop(['openapi', '--yaml', '--json'], noDatabase)
  t.is(exitCode, 2)
})

test('its version is that of the package', async (t) => {
  const {stdout} = await runShop(['--version'])
  t.true(stdout.startsWith(`mattshop/${document.info.version} `))
})
