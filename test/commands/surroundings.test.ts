import {type SpawnSyncReturns, spawnSync} from 'node:child_process'
import {cp, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

import test, {type ExecutionContext} from 'ava'

import {createDatabase} from '../helpers/database.ts'
import {bin, spawnShop} from '../helpers/run.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A user id that no system gives a name to. OpenShift runs containers as such users. */
const nameless = {uid: 1_000_980_000, gid: 0}
const isRoot = process.getuid?.() === 0
const canReadProgram =
  isRoot && spawnSync(process.execPath, ['-e', `require('fs').accessSync('${bin}')`], nameless).status === 0
const asNameless = canReadProgram ? test : test.skip

type Options = {uid?: number; gid?: number; env?: Record<string, string>}

function runProgram(args: string[], {env = {}, ...options}: Options = {}): SpawnSyncReturns<string> {
  const path = {PATH: process.env.PATH ?? ''}
  return spawnSync(process.execPath, [bin, ...args], {...options, env: {...path, ...env}, encoding: 'utf8'})
}

asNameless('a user id without a name, and without HOME and SHELL, can run the shop', async (t) => {
  const {url} = await createDatabase(t)
  const version = runProgram(['--version'], nameless)
  t.like(version, {status: 0, stderr: ''})
  t.regex(version.stdout, /^mattshop\//)

  // Its socket belongs to another user, so that the database cannot be reached: but that is the only fault.
  const list = runProgram(['list-products', '--json'], {...nameless, env: {DATABASE_URL: url, SHOP_DATABASE_WAIT: '0'}})
  t.is(list.stderr, '')
  t.true(['database_unavailable', undefined].includes(JSON.parse(list.stdout).error?.code))
})

test('without HOME, SHELL and any other variable, the shop runs', (t) => {
  t.like(runProgram(['list-products', '--help']), {status: 0, stderr: ''})
})

test('a SHOP_DATA_DIR that is a file gives one error and no warning', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shop-file-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = join(folder, 'file')
  await writeFile(file, '')

  const run = await spawnShop(['list-products'], {env: {SHOP_DATA_DIR: file}})

  t.is(run.exitCode, 1)
  t.is(run.stdout, '')
  t.regex(
    run.stderr,
    /^Error: The embedded database in \S+ cannot be reached: ENOTDIR: not a directory, [^\n]*\n(Set SHOP_DATA_DIR [^\n]*\n)?$/,
  )
  t.notRegex(run.stderr, /package\.json|node:/)
})

for (const [files, args] of [
  [19, ['--version']],
  [24, ['list-products']],
  [32, ['list-products']],
] as const) {
  test(`shop ${args.join(' ')} with at most ${files} open files says what to raise`, (t) => {
    const command = `ulimit -n ${files} && exec "$0" "$@"`
    const run = spawnSync('sh', ['-c', command, process.execPath, bin, ...args], {
      env: {PATH: process.env.PATH, DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop', SHOP_DATABASE_WAIT: '0'},
      encoding: 'utf8',
    })

    t.is(run.status, 1)
    t.is(
      run.stderr,
      'Error: This process may open too few files.\nRaise the limit of open files, for example with: ulimit -n 1024\n',
    )
  })
}

const canUnshare = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0
const withReadOnlyRoot = canUnshare ? test : test.skip

withReadOnlyRoot('on a read-only file system, a command on a database elsewhere runs', async (t) => {
  const {url} = await createDatabase(t)
  const script =
    'mount -o remount,bind,ro / 2>/dev/null || mount --bind / / && mount -o remount,bind,ro /; exec "$0" "$@"'
  const run = spawnSync('unshare', ['--mount', 'sh', '-c', script, process.execPath, bin, 'audit'], {
    env: {PATH: process.env.PATH, DATABASE_URL: url},
    encoding: 'utf8',
  })

  t.like(run, {status: 0, stderr: ''})
  t.regex(run.stdout, /invariants hold/)
})

test('an install without the development dependencies succeeds, and says that nothing was built', async (t) => {
  const folder = await copy(t, ['package.json', 'scripts/prepare.js', 'bin/run.js', 'bin/not-built.js'])

  const prepared = spawnSync(process.execPath, [join(folder, 'scripts/prepare.js')], {encoding: 'utf8'})
  const run = spawnSync(process.execPath, [join(folder, 'bin/run.js'), 'serve'], {encoding: 'utf8'})

  t.is(prepared.status, 0)
  t.regex(prepared.stderr, /^Not built, because the development dependencies are not installed \(typescript, oclif\)\./)
  t.regex(prepared.stderr, /npm ci --include=dev/)
  t.is(run.status, 1)
  t.is(run.stderr, 'Error: The shop is not built.\nTo build it, run: npm ci --include=dev\n')
})

async function copy(t: ExecutionContext, files: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-install-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  for (const file of files) await cp(join(root, file), join(folder, file))
  return folder
}

for (const value of ['blah', '10.0.0.0/33', 'true', '10.0.0.0/8, ,', '1', 'loopback, 10.1/16']) {
  test(`serve with SHOP_TRUST_PROXY=${value} names the variable before it looks for the database`, async (t) => {
    const env = {SHOP_TRUST_PROXY: value, DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop', SHOP_DATABASE_WAIT: '600'}

    const run = await spawnShop(['serve', '--port', '0'], {env})

    t.is(run.exitCode, 1)
    t.regex(run.stderr, /^Error: Invalid environment: SHOP_TRUST_PROXY must be a list of addresses and ranges such as/)
  })
}
