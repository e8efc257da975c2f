import {execFileSync, spawnSync} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {existsSync} from 'node:fs'
import {chown, mkdir, mkdtemp, readdir, rm, statfs, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import {
  copyInstall,
  createDataDir,
  createFolder,
  createTemplate,
  eventually,
  kill,
  nothingRuns,
  processesOf,
  query,
  startLeaseHolder,
} from './helpers.ts'

const nameless = 1_234_567
const isRoot = process.getuid?.() === 0
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip
const nodeIsReachable = spawnSync(process.execPath, ['--version'], {uid: nameless, gid: nameless}).status === 0
const withNamelessUser = isRoot && nodeIsReachable ? test.serial : test.serial.skip
// Needs root, and a container that may mount.
const withMounts = isRoot && (await canMount()) ? test.serial : test.serial.skip

async function canMount(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-test-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status === 0
  if (mounted) execFileSync('umount', [folder])
  await rm(folder, {recursive: true})
  return mounted
}

/** A file system of the given size, and what changes its options. */
async function mountFolder(
  t: ExecutionContext,
  options: string,
): Promise<{folder: string; dataDir: string; remount: (options: string) => void}> {
  const folder = await createFolder(t)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=0755,${options}`, 'tmpfs', folder])
  const dataDir = join(folder, 'data')
  t.teardown(async () => {
    for (const pid of await processesOf(dataDir)) kill(pid)
    await nothingRuns(dataDir)
    execFileSync('umount', ['--lazy', folder])
  })
  return {folder, dataDir, remount: (changed) => execFileSync('mount', ['-o', `remount,${changed}`, folder])}
}

/** The folder is refused within seconds, and no process stays behind. */
async function assertRefused(t: ExecutionContext, dataDir: string, reason: RegExp, context?: string): Promise<void> {
  const start = performance.now()
  const {code, message, hint} = await startLeaseHolder(t, dataDir).answer
  t.is(code, 'database_unavailable', context)
  t.regex(message ?? '', reason, context)
  t.regex(hint ?? '', /SHOP_DATA_DIR/, context)
  t.true(performance.now() - start < 20_000, context)
  await nothingRuns(dataDir)
}

onLinux('folders that cannot be made in /proc or /sys are refused', async (t) => {
  for (const parent of ['/proc', '/proc/self/nope', '/sys', '/dev/null']) {
    const dataDir = join(parent, randomUUID())
    await assertRefused(t, dataDir, /ENOENT|EPERM|EACCES|ENOTDIR/, dataDir)
  }
})

test.serial('a file in the way is refused', async (t) => {
  const dataDir = await createDataDir(t)
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'postgresql'), '')
  await assertRefused(t, dataDir, /ENOTDIR/)
  await assertRefused(t, join(dataDir, 'postgresql'), /ENOTDIR/)
})

test.serial('a path that is too long for PostgreSQL, or for the system, is refused', async (t) => {
  const dataDir = await createDataDir(t)
  await assertRefused(t, join(dataDir, 'x'.repeat(300)), /ENAMETOOLONG/)
  const folders = Array.from({length: 30}, () => 'x'.repeat(50))
  await assertRefused(t, join(dataDir, ...folders), /cannot use a path of more than 900 bytes/)
  await assertRefused(t, join(dataDir, ...folders, ...folders, ...folders), /ENAMETOOLONG|more than 900 bytes/)
})

test.serial('the longest path that is not refused works, with room for every file of PostgreSQL', async (t) => {
  const dataDir = await createDataDir(t)
  const rest = 900 - '/postgresql/cluster'.length - Buffer.byteLength(dataDir)
  const folders = Array.from({length: Math.floor(rest / 51)}, () => 'x'.repeat(50))
  const longest = join(dataDir, ...folders, 'y'.repeat((rest % 51) - 1))

  const server = await acquireEmbeddedServer(longest)
  t.deepEqual(await query(server.connection, 'select 1 as id'), [{id: 1}])
  await server.release()

  await assertRefused(t, `${longest}y`, /more than 900 bytes/)
})

withMounts('a read-only file system is refused', async (t) => {
  const {dataDir, remount} = await mountFolder(t, 'size=1m')
  remount('ro')
  await assertRefused(t, dataDir, /EROFS/)
  remount('rw')
  await mkdir(dataDir)
  remount('ro')
  await assertRefused(t, dataDir, /EROFS/)
})

withMounts(
  'a file system without room is refused, wherever the room ends, and is used once there is some',
  async (t) => {
    // The first inodes are for the folders, the candidate's socket, its name as the keeper, and the password.
    for (let inodes = 1; inodes <= 9; inodes++) {
      const {dataDir} = await mountFolder(t, `nr_inodes=${inodes}`)
      await assertRefused(t, dataDir, /ENOSPC|No space left|could not be created/, `${inodes} inodes`)
    }

    const {dataDir, remount} = await mountFolder(t, 'size=8m')
    await assertRefused(t, dataDir, /could not be created:.*No space left on device/s)
    t.deepEqual(
      (await readdir(join(dataDir, 'postgresql'))).filter((name) => name.startsWith('cluster')),
      [],
    )
    remount('size=200m')
    const holder = startLeaseHolder(t, dataDir)
    t.is((await holder.answer).message, undefined)
    await holder.release()
    await nothingRuns(dataDir)
  },
)

withMounts('a disk that is full when the server starts does no harm to the database', async (t) => {
  const template = await createTemplate('create table kept as select 1 as id')
  t.teardown(template.remove)
  const {folder, dataDir} = await mountFolder(t, 'size=200m')
  await template.copyTo(dataDir)
  // As after a kill: the pid files have to be replaced.
  const first = startLeaseHolder(t, dataDir)
  await first.answer
  for (const pid of [first.pid, ...(await processesOf(dataDir))]) kill(pid)
  await nothingRuns(dataDir)
  const {bavail, bsize} = await statfs(folder)
  await writeFile(join(folder, 'ballast'), Buffer.alloc(bavail * bsize))

  await assertRefused(t, dataDir, /No space left on device|ENOSPC/)
  await rm(join(folder, 'ballast'))

  const holder = startLeaseHolder(t, dataDir)
  const {connection} = await holder.answer
  t.deepEqual(await query(connection, 'table kept'), [{id: 1}])
  await holder.release()
})

withNamelessUser('a user without a name or a home is refused a new database, and can use an old one', async (t) => {
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: true})
  const dataDir = await createDataDir(t)
  await mkdir(dataDir)
  await chown(dataDir, nameless, nameless)

  const refused = await startLeaseHolder(t, dataDir, {install, uid: nameless}).answer
  t.is(refused.code, 'database_unavailable')
  t.regex(refused.message ?? '', /as a user without a name, and no name belongs to uid 1234567/)
  t.regex(refused.hint ?? '', /\/etc\/passwd/)
  await nothingRuns(dataDir)

  const template = await createTemplate('create table kept as select 1 as id')
  t.teardown(template.remove)
  await template.copyTo(dataDir)
  execFileSync('chown', ['-R', `${nameless}:${nameless}`, dataDir])
  const holder = startLeaseHolder(t, dataDir, {install, uid: nameless})
  const {connection, message} = await holder.answer
  t.is(message, undefined)
  t.deepEqual(await query(connection, 'table kept'), [{id: 1}])
  await holder.release()
})

onLinux('a process that may open few files is refused, with advice', async (t) => {
  const dataDir = await createDataDir(t)
  // PostgreSQL needs 58 by itself.
  const {code, message, hint} = await startLeaseHolder(t, dataDir, {maximumFiles: 60}).answer
  t.is(code, 'database_unavailable')
  t.regex(message ?? '', /insufficient file descriptors/)
  t.is(hint, 'Raise the limit of open files: ulimit -n 1024.')
  await nothingRuns(dataDir)

  const holder = startLeaseHolder(t, dataDir, {maximumFiles: 100})
  t.is((await holder.answer).message, undefined)
  await holder.release()
})

test.serial('when the folder is removed, the server ends, and no empty database takes its place', async (t) => {
  const dataDir = await createDataDir(t)
  const holder = startLeaseHolder(t, dataDir)
  await holder.answer

  // The server may make a file meanwhile.
  await rm(dataDir, {recursive: true, maxRetries: 10})

  await nothingRuns(dataDir)
  await t.throwsAsync(eventually(async () => Promise.resolve(existsSync(dataDir)), 3))
  const next = startLeaseHolder(t, dataDir)
  t.is((await next.answer).message, undefined)
  await next.release()
})

test.serial('keepers that end again and again are started a few times only', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: false})
  const keeper = join(install, 'dist/src/db/embedded/keeper.js')
  const log = join(install, 'log')
  const start = `import {appendFileSync} from 'node:fs'\nappendFileSync(${JSON.stringify(log)}, 'x')\n`

  await writeFile(keeper, start)
  const atOnce = await startLeaseHolder(t, dataDir, {install}).answer
  t.regex(atOnce.message ?? '', /ended at once/)

  await writeFile(keeper, `${start}process.send({}, () => process.exit())\n`)
  const later = await startLeaseHolder(t, dataDir, {install}).answer
  t.is(later.code, 'database_unavailable')
  t.regex(later.message ?? '', /does not start/)
})

test.serial('a clock that jumps does not end the wait for the server', async (t) => {
  const dataDir = await createDataDir(t)
  const {now} = Date
  t.teardown(() => {
    Date.now = now
  })
  let jumps = 0
  Date.now = () => now() + ++jumps * 3_600_000

  const server = await acquireEmbeddedServer(dataDir)
  t.deepEqual(await query(server.connection, 'select 1 as id'), [{id: 1}])
  await server.release()
})
