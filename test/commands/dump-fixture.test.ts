import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {gunzipSync} from 'node:zlib'

import test, {type ExecutionContext} from 'ava'

import {createDatabase} from '../helpers/database.ts'
import {load} from '../helpers/fixtures.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {until, untilWaiting} from '../helpers/until.ts'

const fixture = {
  users: [{id: 1, username: 'anna', password_hash: '!', created_at: '2024-01-01'}],
  products: [{id: 1, name: 'Rice', stock: 3, price: '1.50', created_at: '2024-01-01'}],
}

async function createFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dump-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  return folder
}

test('a dump goes to a file that only its owner can read, in the format of its name, or to standard output', async (t) => {
  const {db, url} = await createDatabase(t)
  await load(db, fixture)
  const env = {DATABASE_URL: url}
  const folder = await createFolder(t)

  const summary = await runShop(['dump-fixture', join(folder, 'shop.json')], {env})
  const packed = await runShop(['dump-fixture', join(folder, 'shop.ndjson.gz'), '--json'], {env})
  const piped = await runShop(['dump-fixture', '--format', 'ndjson'], {env})

  t.is(summary.stderr, '')
  t.regex(summary.stdout, /^Dumped 1 users, 1 products and 0 orders to /)
  t.is((await stat(join(folder, 'shop.json'))).mode & 0o777, 0o600)
  t.like(JSON.parse(await readFile(join(folder, 'shop.json'), 'utf8')), {users: [{username: 'anna'}]})
  t.deepEqual(JSON.parse(packed.stdout), {users: 1, pools: 1, products: 1, orders: 0})
  t.is(String(gunzipSync(await readFile(join(folder, 'shop.ndjson.gz')))), piped.stdout)
  t.deepEqual((await readdir(folder)).sort(), ['shop.json', 'shop.ndjson.gz'])
})

test('an existing file is replaced only with --force', async (t) => {
  const {url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const file = join(await createFolder(t), 'shop.json')
  await writeFile(file, 'mine')

  const refusal = await runShop(['dump-fixture', file], {env})
  t.is(refusal.exitCode, 2)
  t.regex(refusal.stderr, /already exists\. Give another name, or\s+(›\s+)?--force/)
  t.is(await readFile(file, 'utf8'), 'mine')

  t.is((await runShop(['dump-fixture', file, '--force'], {env})).exitCode, 0)
  t.regex(await readFile(file, 'utf8'), /"pools"/)
})

test('a file that cannot be written is wrong usage', async (t) => {
  const {url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const nowhere = await runShop(['dump-fixture', '/there/is/no/such/folder/shop.json'], {env})
  t.is(nowhere.exitCode, 2)
  t.regex(nowhere.stderr, /Cannot write the file .*: there is no folder "\/there\/is\/no\/such\/folder"/)
  for (const force of [[], ['--force']]) {
    const folder = await runShop(['dump-fixture', await createFolder(t), ...force], {env})
    t.is(folder.exitCode, 2)
    t.regex(folder.stderr, /is a folder\. Give the name of a file in it/)
  }
  const mixed = await runShop(['dump-fixture', '--json'], {env})
  t.is(mixed.exitCode, 2)
  t.regex(mixed.stdout, /give a FILE/)
})

/** Runs the binary in a shell, whose redirections and pipes it gets. */
async function inShell(script: string, env: Record<string, string>): Promise<{code: number | null; stderr: string}> {
  const child = spawn('bash', ['-c', `set -o pipefail; shop() { '${process.execPath}' '${bin}' "$@"; }; ${script}`], {
    env: shopEnvironment(env),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
  return {code: child.exitCode, stderr}
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('a full disk is told in one line, for a file and for standard output', async (t) => {
  const {db, url} = await createDatabase(t)
  await load(db, fixture)
  const env = {DATABASE_URL: url}

  const dumps = ['dump-fixture', 'dump-fixture --gzip', 'generate-fixture --products 5000']
  for (const command of [...dumps, 'openapi', 'list-pools --json']) {
    t.deepEqual(await inShell(`shop ${command} > /dev/full`, env), {
      code: 1,
      stderr: 'Error: Cannot write to standard output: the disk is full.\n',
    })
  }
  t.deepEqual(await inShell('shop dump-fixture /dev/full', env), {
    code: 1,
    stderr: 'Error: Cannot write the file "/dev/full": the disk is full.\n',
  })
})

test('a reader of standard output that goes away ends a dump like any other program', async (t) => {
  const {db, url} = await createDatabase(t)
  await load(db, fixture)
  const env = {DATABASE_URL: url}
  for (const command of ['dump-fixture', 'dump-fixture --gzip', 'generate-fixture --products 50000']) {
    t.deepEqual(await inShell(`shop ${command} | true`, env), {code: 141, stderr: ''})
  }
})

test('a device or a pipe is written to, and never replaced', async (t) => {
  const {db, url} = await createDatabase(t)
  await load(db, fixture)
  const folder = await createFolder(t)

  const {code, stderr} = await inShell(
    `cd '${folder}' && mkfifo pipe && { cat pipe > copy.json & } && shop dump-fixture pipe && shop dump-fixture /dev/null --force && wait`,
    {DATABASE_URL: url},
  )

  t.deepEqual({code, stderr}, {code: 0, stderr: ''})
  t.true((await stat(join(folder, 'pipe'))).isFIFO())
  t.true((await stat('/dev/null')).isCharacterDevice())
  t.like(JSON.parse(await readFile(join(folder, 'copy.json'), 'utf8')), {users: [{username: 'anna'}]})
  t.deepEqual((await readdir(folder)).sort(), ['copy.json', 'pipe'])
})

test('a dump that is interrupted leaves no file', async (t) => {
  const {db, url} = await createDatabase(t)
  await load(db, fixture)
  const folder = await createFolder(t)
  const blocker = await db.transaction()
  await blocker.raw('lock table products in access exclusive mode')
  const child = spawn(process.execPath, [bin, 'dump-fixture', join(folder, 'shop.json')], {
    env: shopEnvironment({DATABASE_URL: url}),
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  await untilWaiting(db)
  t.is((await readdir(folder)).length, 1)

  child.kill('SIGINT')
  await until(async () => (await readdir(folder)).length === 0)
  await blocker.rollback()

  const [code] = await exited
  t.is(code, 130)
  t.deepEqual(await readdir(folder), [])
})
