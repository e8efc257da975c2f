import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readdir, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'

import test from 'ava'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import {createDataDir, isRunning, nothingRuns, postmasterPid, query, startLeaseHolder} from './helpers.ts'

test.serial(
  'the first start makes a durable UTF-8 database with ICU collation, which no other user can reach',
  async (t) => {
    const dataDir = await createDataDir(t)

    const server = await acquireEmbeddedServer(dataDir)
    t.teardown(server.release)

    const settings = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
    current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
    current_setting('max_connections')::int >= 200 as roomy, current_user::text as role,
    (select rolsuper from pg_roles where rolname = current_user) as superuser`
    t.deepEqual(await query(server.connection, settings), [
      {
        fsync: 'on',
        commit: 'on',
        checksums: 'on',
        addresses: '',
        roomy: true,
        role: 'shop',
        superuser: true,
      },
    ])
    const database = `select datname, datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding
    from pg_database where datname = current_database()`
    t.deepEqual(await query(server.connection, database), [
      {datname: 'shop', datlocprovider: 'i', datlocale: 'und', encoding: 'UTF8'},
    ])
    t.is((await stat(server.connection.host)).mode & 0o777, 0o700)
  },
)

test.serial('processes share one server, which stops with the last of them', async (t) => {
  const dataDir = await createDataDir(t)
  const first = startLeaseHolder(t, dataDir)
  const {connection} = await first.answer
  await query(connection, 'create table kept as select 1 as id')
  const pid = await postmasterPid(dataDir)

  const second = startLeaseHolder(t, dataDir)
  t.deepEqual((await second.answer).connection, connection)
  await first.release()
  t.deepEqual(await query(connection, 'select id from kept'), [{id: 1}])
  t.is(await postmasterPid(dataDir), pid)
  await second.release()

  t.false(await isRunning(pid))
  await nothingRuns(dataDir)
})

test.serial('committed rows are there at the next start', async (t) => {
  const dataDir = await createDataDir(t)
  const before = await acquireEmbeddedServer(dataDir)
  await query(before.connection, 'create table kept as select 1 as id')
  await before.release()

  const after = await acquireEmbeddedServer(dataDir)
  t.teardown(after.release)

  t.deepEqual(await query(after.connection, 'select id from kept'), [{id: 1}])
})

test.serial('releasing a lease twice releases only that lease', async (t) => {
  const dataDir = await createDataDir(t)
  const one = await acquireEmbeddedServer(dataDir)
  const other = await acquireEmbeddedServer(dataDir)

  await Promise.all([one.release(), one.release()])
  await one.release()

  t.deepEqual(await query(other.connection, 'select 1 as id'), [{id: 1}])
  await other.release()
  await t.throwsAsync(query(other.connection, 'select 1'), {code: 'ENOENT'})
})

test.serial('ten first commands that start at once get one server', async (t) => {
  const dataDir = await createDataDir(t)

  const holders = Array.from({length: 10}, () => startLeaseHolder(t, dataDir))
  const answers = await Promise.all(holders.map(async ({answer}) => answer))

  t.deepEqual(
    answers.flatMap(({message}) => message ?? []),
    [],
  )
  t.is(new Set(answers.map(({connection}) => connection.host)).size, 1)
  await Promise.all(holders.map(async ({release}) => release()))
  await nothingRuns(dataDir)
  t.deepEqual(
    (await readdir(join(dataDir, 'postgresql'))).filter((name) => name.startsWith('cluster')),
    ['cluster'],
  )
})

test.serial('a command that starts while the last lease is released gets a server', async (t) => {
  const dataDir = await createDataDir(t)
  let current = startLeaseHolder(t, dataDir)
  await current.answer

  for (let round = 0; round < 5; round++) {
    const released = current.release()
    current = startLeaseHolder(t, dataDir)
    const {connection} = await current.answer
    t.deepEqual(await query(connection, 'select 1 as id'), [{id: 1}])
    await released
  }
})

test.serial('the server stops when the last lease holder is killed', async (t) => {
  const dataDir = await createDataDir(t)
  const holder = startLeaseHolder(t, dataDir)
  await holder.answer

  await holder.kill()

  await t.notThrowsAsync(nothingRuns(dataDir))
})

test.serial('a process can end without releasing its lease', async (t) => {
  const dataDir = await createDataDir(t)
  const module = join(dirname(fileURLToPath(import.meta.url)), '../../../../src/db/embedded/index.js')
  const source = `const {acquireEmbeddedServer} = await import(${JSON.stringify(module)})
    await acquireEmbeddedServer(${JSON.stringify(dataDir)})
    console.log('done')`

  const command = spawn(process.execPath, ['--input-type=module', '-e', source])

  // The output ends when every process that has the pipe has closed it, so the keeper must not have inherited it.
  const [output] = await Promise.all([text(command.stdout), once(command, 'exit')])
  t.is(output, 'done\n')
  t.is(command.exitCode, 0)
  await nothingRuns(dataDir)
})
