import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {gzipSync} from 'node:zlib'

import test, {type ExecutionContext} from 'ava'
import bcrypt from 'bcryptjs'

import DumpFixture from '../commands/dump-fixture.ts'
import GenerateFixture from '../commands/generate-fixture.ts'
import LoadFixture from '../commands/load-fixture.ts'
import UpdateProducts from '../commands/update-products.ts'
import {audit} from '../src/services/audit.ts'
import {loadDemo} from '../src/services/transfer/demo/demo.ts'
import type {LoadResult} from '../src/services/transfer/load.ts'
import {createDatabase, createEmptyDatabase, type TestDatabase} from './helpers/database.ts'
import {bin, runShop, shopEnvironment} from './helpers/run.ts'

const page = await readFile(fileURLToPath(new URL('../../docs/fixtures.md', import.meta.url)), 'utf8')

/** The examples of a page, in its order. */
const examples = [...page.matchAll(/^```(?:json|csv)\n([^]*?)^```$/gm)].map(([, example = '']) => example)

async function createDemoShop(t: ExecutionContext): Promise<TestDatabase> {
  const database = await createDatabase(t)
  await loadDemo(database.db, bcrypt)
  return database
}

async function createFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'examples-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  return folder
}

/** Runs the examples of a command's help in a shell, in their order. */
async function runExamples(
  id: string,
  examples: {command: string}[],
  {url, newUrl = url, folder}: {url: string; newUrl?: string; folder: string},
): Promise<string[]> {
  const outputs: string[] = []
  for (const {command} of examples) {
    const line = command
      .replaceAll('<%= config.bin %>', 'shop')
      .replaceAll('<%= command.id %>', id)
      .replaceAll('postgres://new/shop', `'${newUrl}'`)
      .replaceAll('1000000', '1000')
    const script = `set -e; shop() { '${process.execPath}' '${bin}' "$@"; }; ${line}`
    const {stdout} = await promisify(execFile)('sh', ['-c', script], {
      cwd: folder,
      env: shopEnvironment({DATABASE_URL: url}),
    })
    outputs.push(stdout)
  }
  return outputs
}

test('the examples of the page about fixtures load one after the other into the demo shop', async (t) => {
  const {db, url} = await createDemoShop(t)
  t.is(examples.length, 6)
  const kinds = ['users', 'tokens', 'products', 'prices', 'orders'] as const

  const loaded: unknown[] = []
  for (const example of examples.slice(0, 5)) {
    const {stdout} = await runShop(['load-fixture', '-', '--json'], {env: {DATABASE_URL: url}, input: example})
    const {format, ...result} = JSON.parse(stdout) as LoadResult
    const counts = kinds.map((kind) => result[kind])
    t.true(counts.every(({existing}) => existing === 0))
    loaded.push([format, ...counts.map(({loaded}) => loaded)])
  }

  t.deepEqual(loaded, [
    ['native', 1, 1, 2, 3, 1],
    ['ndjson', 1, 0, 1, 1, 1],
    ['django', 0, 0, 1, 1, 0],
    ['csv', 0, 0, 2, 2, 0],
    ['csv', 0, 0, 2, 2, 0],
  ])
  const {stdout} = await runShop(['update-products', '-', '--json'], {
    env: {DATABASE_URL: url},
    input: examples[5] ?? '',
  })
  t.like(JSON.parse(stdout), {changed: 2, prices: 2, levels: 1})
  t.deepEqual((await audit(db)).findings, [])
})

test("the examples in load-fixture's help work in their order, with the examples of the page as files", async (t) => {
  const {url} = await createDemoShop(t)
  const folder = await createFolder(t)
  const [native = '', ndjson = '', , csv = ''] = examples
  await writeFile(join(folder, 'shop.json'), native)
  await writeFile(join(folder, 'products.csv'), csv)
  await writeFile(join(folder, 'products.ndjson.gz'), gzipSync(ndjson))

  const [demo = '', file = '', input = '', check = ''] = await runExamples('load-fixture', LoadFixture.examples, {
    url,
    folder,
  })

  t.regex(demo, /products +0 loaded, 47 already existed/)
  t.regex(file, /products +2 loaded/)
  t.regex(input, /prices +2 loaded/)
  t.regex(check, /products +1 would be loaded/)
})

test("the examples in update-products' help work in their order", async (t) => {
  const {url} = await createDemoShop(t)

  const [dryRun, byName] = await runExamples('update-products', UpdateProducts.examples, {
    url,
    folder: await createFolder(t),
  })

  t.regex(dryRun ?? '', /^line 2: product 6, Sourdough Bread: .*\nWould update 1 of 1 products/)
  t.regex(byName ?? '', /^Updated 1 of 1 products: 1 stock level\.$/m)
})

test("the examples in dump-fixture's help work in their order, and copy the shop", async (t) => {
  const {db, url} = await createDemoShop(t)
  const copy = await createEmptyDatabase(t)

  const outputs = await runExamples('dump-fixture', DumpFixture.examples, {
    url,
    newUrl: copy.url,
    folder: await createFolder(t),
  })

  t.regex(outputs[0] ?? '', /^Dumped 1 users, 47 products and 0 orders to shop\.json/)
  t.regex(outputs.at(-1) ?? '', /products +47 loaded/)
  t.deepEqual(await copy.db('products').orderBy('id'), await db('products').orderBy('id'))
})

test("the examples in generate-fixture's help work in their order", async (t) => {
  const {url} = await createDemoShop(t)
  const empty = await createEmptyDatabase(t)

  await runExamples('generate-fixture', GenerateFixture.examples, {
    url,
    newUrl: empty.url,
    folder: await createFolder(t),
  })

  t.is((await empty.db('products')).length, 1000)
  t.is((await empty.db('orders')).length, 200)
})
