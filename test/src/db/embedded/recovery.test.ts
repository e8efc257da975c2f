import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chown, readdir, readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {Random} from '../../../../src/services/transfer/generate/random.ts'
import {seed, sized} from '../../../helpers/tier.ts'
import {
  answers,
  createDataDir,
  createTemplate,
  type DataDirTemplate,
  eventually,
  type LeaseHolder,
  isRunning,
  keeperPid,
  kill,
  nothingRuns,
  postmasterPid,
  processesOf,
  query,
  startLeaseHolder,
} from './helpers.ts'

let template: DataDirTemplate | undefined

test.before(async () => {
  template = await createTemplate('create table kept as select 1 as id')
})

test.after.always(async () => {
  await template?.remove()
})

/** Starts a lease holder on a database with one committed row. */
async function startWithRow(t: ExecutionContext): Promise<{dataDir: string; holder: LeaseHolder}> {
  const dataDir = await createDataDir(t)
  await template?.copyTo(dataDir)
  const holder = startLeaseHolder(t, dataDir)
  await query((await holder.answer).connection, 'table kept')
  return {dataDir, holder}
}

async function startAgain(t: ExecutionContext, dataDir: string): Promise<void> {
  const holder = startLeaseHolder(t, dataDir)
  const {connection, message} = await holder.answer
  t.is(message, undefined)
  t.deepEqual(await query(connection, 'select id from kept'), [{id: 1}])
  await holder.release()
  await nothingRuns(dataDir)
}

test.serial('after the keeper was killed, lease holders and the next command get the server back', async (t) => {
  const {dataDir, holder} = await startWithRow(t)
  const {connection} = await holder.answer
  const server = await postmasterPid(dataDir)

  kill((await keeperPid(dataDir)) ?? 0)

  const next = startLeaseHolder(t, dataDir)
  t.true(await answers((await next.answer).connection))
  await eventually(async () => !(await isRunning(server)))
  await next.release()
  await eventually(async () => answers(connection))
  await holder.release()
  await nothingRuns(dataDir)
})

test.serial('after the server was killed, lease holders and the next command get it back', async (t) => {
  const {dataDir, holder} = await startWithRow(t)
  const {connection} = await holder.answer

  kill(await postmasterPid(dataDir))

  await eventually(async () => answers(connection))
  await holder.release()
  await startAgain(t, dataDir)
})

test.serial('the server stops when the keeper and the last lease holder are killed at once', async (t) => {
  const {dataDir, holder} = await startWithRow(t)

  kill((await keeperPid(dataDir)) ?? 0)
  await holder.kill()

  await nothingRuns(dataDir)
  await startAgain(t, dataDir)
})

test.serial('pid files and sockets left when everything is killed at once do no harm', async (t) => {
  const {dataDir, holder} = await startWithRow(t)

  for (const pid of [holder.pid, (await keeperPid(dataDir)) ?? 0, await postmasterPid(dataDir)]) kill(pid)
  await holder.kill()
  await nothingRuns(dataDir)

  t.true((await readdir(join(dataDir, 'postgresql'))).includes('.s.PGSQL.5432.lock'))
  await startAgain(t, dataDir)
})

test.serial('a pid file whose pid now belongs to another program of the same user does no harm', async (t) => {
  const {dataDir, holder} = await startWithRow(t)
  const pidFile = join(dataDir, 'postgresql/cluster/postmaster.pid')
  const lockFile = join(dataDir, 'postgresql/.s.PGSQL.5432.lock')
  const [pidText, lockText] = await Promise.all([readFile(pidFile, 'utf8'), readFile(lockFile, 'utf8')])
  await holder.release()
  await nothingRuns(dataDir)

  // PostgreSQL must see the process as alive, so it has to belong to the server's own user: another server does.
  const other = await startWithRow(t)
  const stranger = String(await postmasterPid(other.dataDir))
  const {uid, gid} = await stat(join(dataDir, 'postgresql'))
  for (const [file, text] of [
    [pidFile, pidText],
    [lockFile, lockText],
  ] as const) {
    await writeFile(file, text.replace(/^\d+/, stranger), {mode: 0o600})
    await chown(file, uid, gid)
  }
  await startAgain(t, dataDir)

  t.true(await isRunning(Number(stranger)))
  await other.holder.release()
})

test.serial(
  'a pid file whose pid now belongs to a shell in the folder of the database does the shell no harm',
  async (t) => {
    const {dataDir, holder} = await startWithRow(t)
    const cluster = join(dataDir, 'postgresql/cluster')
    const pidText = await readFile(join(cluster, 'postmaster.pid'), 'utf8')
    await holder.release()
    await nothingRuns(dataDir)
    const {uid, gid} = await stat(cluster)
    const shell = spawn('/bin/sh', ['-c', 'while read -r line; do :; done'], {cwd: cluster, uid, gid})
    const ended = once(shell, 'exit')
    await writeFile(join(cluster, 'postmaster.pid'), pidText.replace(/^\d+/, String(shell.pid)), {mode: 0o600})
    await chown(join(cluster, 'postmaster.pid'), uid, gid)

    await startAgain(t, dataDir)

    t.is(shell.exitCode, null)
    t.is(shell.signalCode, null)
    shell.stdin.end()
    await ended
  },
)

test.serial('the keeper, the server or both can be killed at any moment of the start', async (t) => {
  const random = new Random(seed)
  for (let round = 0; round < sized(4, 60); round++) {
    const isNew = round % 3 === 0
    const dataDir = await createDataDir(t)
    if (!isNew) await template?.copyTo(dataDir)
    const holder = startLeaseHolder(t, dataDir)
    holder.answer.catch(() => undefined)

    await sleep(random.between(50, isNew ? 2500 : 700))
    const keeper = await keeperPid(dataDir)
    const others = (await processesOf(dataDir)).filter((pid) => pid !== keeper)
    const victims = random.pick([[keeper ?? -1], others, [...others, keeper ?? -1]]).filter((pid) => pid > 0)
    for (const pid of victims) kill(pid)
    // The one that was starting is served in the end, or told why not.
    const {message} = await holder.answer
    t.true(message === undefined || /could not be created|ended at once|does not start/.test(message), `${message}`)
    await holder.release()
    await nothingRuns(dataDir)

    const next = startLeaseHolder(t, dataDir)
    const {connection} = await next.answer
    t.deepEqual(await query(connection, isNew ? 'select 1 as id' : 'select id from kept'), [{id: 1}])
    await next.release()
    await nothingRuns(dataDir)
  }
})

test.serial('a database is made anew if its making was interrupted by a kill', async (t) => {
  const dataDir = await createDataDir(t)
  const home = join(dataDir, 'postgresql')
  const holder = startLeaseHolder(t, dataDir)
  const unfinished = async (): Promise<string[]> =>
    (await readdir(home).catch(() => [])).filter((name) => name.startsWith('cluster.'))
  await eventually(async () => (await unfinished()).length > 0)

  kill((await keeperPid(dataDir)) ?? 0)
  await holder.kill()
  const next = startLeaseHolder(t, dataDir)

  t.deepEqual(await query((await next.answer).connection, 'select 1 as id'), [{id: 1}])
  t.deepEqual(await unfinished(), [])
  await next.release()
  await nothingRuns(dataDir)
})

test.serial('ten commands that start at once after a crash all get a server', async (t) => {
  const {dataDir, holder} = await startWithRow(t)
  for (const pid of [(await keeperPid(dataDir)) ?? 0, await postmasterPid(dataDir)]) kill(pid)
  await holder.kill()

  const holders = Array.from({length: 10}, () => startLeaseHolder(t, dataDir))
  const connections = await Promise.all(holders.map(async ({answer}) => (await answer).connection))

  t.deepEqual(
    await Promise.all(connections.map(answers)),
    Array.from({length: 10}, () => true),
  )
  await Promise.all(holders.map(async ({release}) => release()))
  await nothingRuns(dataDir)
})
