import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'

import {createDatabase} from '../helpers/database.ts'
import {djangoDump} from '../helpers/django-dump.ts'
import {runShop} from '../helpers/run.ts'

test('a file, standard input and the demo fixture are loaded, with a summary', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const folder = await mkdtemp(join(tmpdir(), 'fixture-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = join(folder, 'dump.json')
  await writeFile(file, JSON.stringify(djangoDump()))

  const fromFile = await runShop(['load-fixture', file], {env})
  t.is(fromFile.exitCode, 0)
  t.regex(fromFile.stdout, /products +3 loaded/)
  t.regex(fromFile.stdout, /Skipped 3 records of other models: auth\.permission \(1\)/)
  t.regex((await runShop(['load-fixture', file], {env})).stdout, /products +0 loaded, 3 already existed/)

  const fromStdin = await runShop(['load-fixture', '-', '--currency', 'eur', '--json'], {
    env,
    input: 'name,price,stock\nTea,2.50,1\n',
  })
  t.like(JSON.parse(fromStdin.stdout), {format: 'csv', products: {loaded: 1, existing: 0}})
  t.deepEqual(await db('product_prices').where({currency: 'EUR'}).pluck('amount'), [250])
})

test('without a file, the demo fixture is loaded', async (t) => {
  const {url} = await createDatabase(t)
  const {exitCode, stdout} = await runShop(['load-fixture'], {env: {DATABASE_URL: url}})
  t.is(exitCode, 0)
  t.regex(stdout, /users +1 loaded/)
})

const refuses = test.macro<[args: string[], input: string, exitCode: number, message: RegExp]>({
  async exec(t, args, input, expected, message) {
    const {db, url} = await createDatabase(t)
    const {exitCode, stdout, stderr} = await runShop(['load-fixture', ...args], {env: {DATABASE_URL: url}, input})
    t.is(exitCode, expected)
    t.is(stdout, '')
    t.regex(stderr, message)
    t.deepEqual(await db('products'), [])
  },
  title: (_, args, input) => `load-fixture ${args.join(' ')} < ${JSON.stringify(input)} is refused`,
})

test(refuses, ['/there/is/no/such/file'], '', 2, /There is no file "\/there\/is\/no\/such\/file"\./)
test(refuses, ['/'], '', 2, /Cannot read "\/": it is a folder\./)
test(refuses, ['-', '--format', 'xml'], '', 2, /--format/)
test(refuses, ['-'], '', 1, /(the file|line 1): /)
test(refuses, ['-', '--format', 'native'], '[]', 1, /(the file|line 1): /)
test(refuses, ['-'], 'name,price,stock\nTea,1,1\nRice,free,1\n', 1, /line 3: price must be an amount in USD/)

test('under --json a refusal lists every problem by its record, and wrong usage exits with 2', async (t) => {
  const {url} = await createDatabase(t)
  const env = {DATABASE_URL: url}

  const refusal = await runShop(['load-fixture', '-', '--json'], {env, input: 'name,price,stock\nTea,1\nRice,x,1\n'})
  const misuse = await runShop(['load-fixture', '/there/is/no/such/file', '--json'], {env})

  t.is(refusal.exitCode, 1)
  const {error} = JSON.parse(refusal.stdout) as {error: {code: string; problems: {record: string; reason: string}[]}}
  t.is(error.code, 'invalid_fixture')
  t.deepEqual(
    error.problems.map(({record}) => record),
    ['line 2', 'line 3'],
  )
  t.is(misuse.exitCode, 2)
})
