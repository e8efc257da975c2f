import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import test, {type ExecutionContext} from 'ava'
import {parse} from 'yaml'

const folder = new URL('../../../deploy/ha/', import.meta.url)

type Service = {environment?: Record<string, string>; command?: string[]}
type Compose = {services: Record<string, Service | null>}

const read = async (file: string): Promise<string> => readFile(new URL(file, folder), 'utf8')
// Compose's own tags, such as !reset, are unknown to a parser.
const compose = parse(await read('docker-compose.yml'), {merge: true, logLevel: 'error'}) as Compose
const script = fileURLToPath(new URL('cluster.sh', folder))

const environmentOf = (name: string): Record<string, string> => compose.services[name]?.environment ?? {}

test('the compose file of the cluster has no password, and says what to do without one', (t) => {
  const passwords = Object.entries(environmentOf('node1')).filter(([name]) => name.endsWith('_PASSWORD'))

  t.is(passwords.length, 6)
  for (const [name, value] of passwords) {
    t.is(value, `\${${name}:?is not set. Run deploy/ha/create-env.sh}`)
  }
})

test('each node of the compose file has settings of its own', (t) => {
  for (const number of [1, 2, 3]) {
    const address = `\${HA_NODE${number}:-10.88.0.${number}}`
    t.like(environmentOf(`node${number}`), {
      PATRONI_NAME: `node${number}`,
      PATRONI_POSTGRESQL_CONNECT_ADDRESS: `${address}:5432`,
      PATRONI_RESTAPI_CONNECT_ADDRESS: `${address}:8008`,
    })
    const ofEtcd = `\${HA_ETCD${number}:-10.88.0.1${number}}`
    t.like(environmentOf(`etcd${number}`), {
      ETCD_NAME: `node${number}`,
      ETCD_ADVERTISE_CLIENT_URLS: `http://${ofEtcd}:2379`,
      ETCD_INITIAL_ADVERTISE_PEER_URLS: `http://${ofEtcd}:2380`,
    })
  }
})

test('the help of cluster.sh fits a terminal of 80 columns', async (t) => {
  const {stdout} = await promisify(execFile)(script, ['--help'])

  t.true(stdout.startsWith('Usage: cluster.sh start '))
  t.deepEqual(
    stdout.split('\n').filter((line) => line.length > 80),
    [],
  )
})

test('cluster.sh stops without a complaint in a folder where its user may remove its own', async (t) => {
  const cluster = await mkdtemp(join(tmpdir(), 'cluster-'))
  await mkdir(join(cluster, 'config'))
  await writeFile(join(cluster, 'config', 'cluster.sh'), await read('cluster.sh'))
  await writeFile(join(cluster, 'settings'), 'base=5500\n')
  if (process.getuid?.() === 0) await promisify(execFile)('chown', ['-R', 'postgres:', cluster])

  t.deepEqual(await promisify(execFile)(script, ['stop', cluster]), {stdout: '', stderr: ''})
  await t.throwsAsync(stat(cluster), {code: 'ENOENT'})
})

test('the compose file and cluster.sh give Patroni and etcd the same settings', async (t) => {
  const lines = (await read('cluster.sh')).matchAll(/^ +((?:PATRONI|ETCD)_\w+)=/gm)
  const settings = new Set([...lines].map(([, name]) => name))
  const ofCompose = [...Object.keys(environmentOf('node1')), ...Object.keys(environmentOf('etcd1'))]

  t.deepEqual(ofCompose.filter((name) => !name.endsWith('_PASSWORD')).sort(), [...settings].sort())
})

test('HAProxy gets every variable of its configuration', async (t) => {
  const used = [...(await read('haproxy.cfg')).matchAll(/\$(\w+)/g)].map(([, name]) => name)
  const given = Object.keys(environmentOf('haproxy')).filter((name) => name.startsWith('HA_'))
  t.deepEqual([...new Set(used)].sort(), given)
})

test('a leader has time to try etcd again before its lease runs out', async (t) => {
  const {bootstrap} = parse(await read('patroni.yml')) as {bootstrap: {dcs: Record<string, number>}}
  const {ttl = 0, loop_wait = 0, retry_timeout = 0} = bootstrap.dcs
  t.true(ttl > 0 && loop_wait + 2 * retry_timeout <= ttl)
})

test('create-env.sh of the cluster adds its passwords to those of the shop, and keeps all that are there', async (t) => {
  const file = join(await makeFolder(t), '.env')
  const create = async (): Promise<string> => {
    await promisify(execFile)(fileURLToPath(new URL('create-env.sh', folder)), [file])
    return readFile(file, 'utf8')
  }

  const first = await create()
  const passwords = [...first.matchAll(/^(\w+_PASSWORD)=([0-9a-f]{48})$/gm)]

  const names = Object.keys(environmentOf('node1')).filter((name) => name.endsWith('_PASSWORD'))
  t.deepEqual(passwords.map(([, name]) => name).sort(), [...names, 'POSTGRES_PASSWORD'].sort())
  t.is(new Set(passwords.map(([, , password]) => password)).size, passwords.length)
  t.is(await create(), first)
})

test('cluster.sh refuses what it does not know', async (t) => {
  for (const args of [
    [],
    ['begin', 'x'],
    ['kill', 'node4', 'x'],
    ['start'],
    ['start', 'x', '--port', 'y'],
    ['url', 'x', '--all'],
  ]) {
    const {code, stderr} = await runScript(args)
    t.is(code, 2, `cluster.sh ${args.join(' ')}`)
    t.regex(stderr, /^Usage: /)
  }
})

test('cluster.sh starts nothing in a folder that is in use, and stops nothing where no cluster is', async (t) => {
  const dir = await makeFolder(t)
  await writeFile(join(dir, 'mine'), '')

  t.like(await runScript(['start', dir]), {
    code: 1,
    stderr: `${dir} is in use. Give a folder that is empty or does not exist.\n`,
  })
  t.like(await runScript(['stop', dir]), {code: 1, stderr: `There is no cluster in ${dir}.\n`})
  t.is(await readFile(join(dir, 'mine'), 'utf8'), '')
})

test('cluster.sh says which packages are missing, and whether networks can be made', async (t) => {
  const programs = join(await makeFolder(t), 'programs')
  await mkdir(programs)
  const link = async (names: string[], target?: string): Promise<void> => {
    for (const name of names) await symlink(target ?? `/usr/bin/${name}`, join(programs, name))
  }
  await link(['bash', 'dirname', 'find', 'id', 'sort', 'tail', 'runuser'])
  const check = async () => runScript(['check'], {PATH: programs})

  t.regex((await check()).stderr, /^Not installed: patroni etcd-server .*On Debian: apt-get install/)
  await link(['patroni', 'etcd', 'haproxy', 'ip', 'psql', 'unshare'], '/usr/bin/false')
  t.regex((await check()).stderr, /^(Not installed: postgresql\.|Users may not create network namespaces here)/)
})

async function makeFolder(t: ExecutionContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'shop-ha-'))
  t.teardown(async () => rm(made, {recursive: true}))
  return made
}

async function runScript(args: string[], env: NodeJS.ProcessEnv = process.env) {
  const {status, stderr} = await new Promise<{status: number; stderr: string}>((resolve) => {
    execFile('/bin/bash', [script, ...args], {env}, (error, _, stderr) => {
      resolve({status: typeof error?.code === 'number' ? error.code : 0, stderr})
    })
  })
  return {code: status, stderr}
}
