import {execFile} from 'node:child_process'
import {appendFile, mkdtemp, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'

import test, {type ExecutionContext} from 'ava'

import {openFixture} from '../../src/cli/fixture-input.ts'
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
  t.like(JSON.parse(fromStdin.stdout), {
    format: 'csv',
    products: {loaded: 1, existing: 0},
    users_without_password: 0,
    noise: null,
  })
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

test('warnings before a dump are reported', async (t) => {
  const {url} = await createDatabase(t)
  const input = `x.py: DeprecationWarning\n${JSON.stringify(djangoDump())}`
  const {stdout} = await runShop(['load-fixture', '-'], {env: {DATABASE_URL: url}, input})
  t.regex(stdout, /Skipped what another program wrote before the dump: x\.py: DeprecationWarning/)
})

test('--encoding says how to read a text', async (t) => {
  const {db, url} = await createDatabase(t)
  const input = Buffer.from('name;price;stock\nCr\xe8me;2,50;1\n', 'latin1')
  const load = async (...args: string[]) => runShop(['load-fixture', '-', ...args], {env: {DATABASE_URL: url}, input})
  t.regex((await load()).stderr, /line 2: the text is not UTF-8 after "Cr"; .*--encoding windows-1252/)
  t.is((await load('--encoding', 'windows-1252')).exitCode, 0)
  t.deepEqual(await db('products').pluck('name'), ['Crème'])
})

async function createFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fixture-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  return folder
}

test('a file that changes while it is read is refused', async (t) => {
  const folder = await createFolder(t)
  const file = join(folder, 'products.csv')
  const lines = Array.from({length: 30_000}, (_, n) => `Tea ${n},1,1\n`)
  const text = `name,price,stock\n${lines.join('')}`
  const changes: Record<string, () => Promise<void>> = {
    grows: async () => appendFile(file, 'Rice,1,1\n'),
    shrinks: async () => truncate(file, 100),
    changes: async () => writeFile(file, text.replaceAll('1', '2')),
  }
  for (const change of Object.values(changes)) {
    await writeFile(file, text)
    const {bytes} = await openFixture(file)
    await t.throwsAsync(
      async () => {
        let count = 0
        for await (const chunk of bytes) {
          if (count === 0) await change()
          count += chunk.length
        }
      },
      {message: /the file: changed while it was read/},
    )
  }
  await writeFile(file, text)
  let size = 0
  for await (const chunk of (await openFixture(file)).bytes) size += chunk.length
  t.is(size, text.length)
})

test('a pipe is read like a file', async (t) => {
  const {url} = await createDatabase(t)
  const folder = await createFolder(t)
  const pipe = join(folder, 'pipe')
  await promisify(execFile)('mkfifo', [pipe])
  const written = writeFile(pipe, 'name,price,stock\nTea,1,1\n')
  const {exitCode, stdout} = await runShop(['load-fixture', pipe], {env: {DATABASE_URL: url}})
  await written
  t.is(exitCode, 0)
  t.regex(stdout, /products +1 loaded/)
})

test('a part of a path that is not a folder, and a name that is too long, are told', async (t) => {
  const folder = await createFolder(t)
  await writeFile(join(folder, 'a'), '')
  for (const [file, message] of [
    [join(folder, 'a', 'b.csv'), /Cannot read ".*b\.csv": a part of its path is not a folder\./],
    [join(folder, 'x'.repeat(300)), /its name is too long\./],
  ] as const) {
    const {exitCode, stderr} = await runShop(['load-fixture', file], {env: {DATABASE_URL: 'postgres://127.0.0.1:1/x'}})
    t.is(exitCode, 2)
    t.regex(stderr, message)
  }
})

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
