import test from 'ava'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import {spawnShop} from '../../../helpers/run.ts'
import {answers, createDataDir, eventually, keeperPid, nothingRuns, postmasterPid, startLeaseHolder} from './helpers.ts'

/** Longer than any test takes. */
const long = {lingerSeconds: 300}

test.serial('a server stays up after its last lease if that wants it to, and the next one uses it', async (t) => {
  const dataDir = await createDataDir(t)
  const first = await acquireEmbeddedServer(dataDir)
  const pid = await postmasterPid(dataDir)
  await first.release(long)
  t.true(await answers(first.connection))

  const second = await acquireEmbeddedServer(dataDir)
  t.is(await postmasterPid(dataDir), pid)
  await second.release(long)
  t.true(await answers(first.connection))

  // The last one decides, and waits for the end.
  const third = await acquireEmbeddedServer(dataDir)
  await third.release()
  t.false(await answers(first.connection))
  await nothingRuns(dataDir)
})

test.serial('a server that stays up ends after its time, also if a process is killed', async (t) => {
  const dataDir = await createDataDir(t)
  const server = await acquireEmbeddedServer(dataDir)
  await server.release({lingerSeconds: 1})
  t.true(await answers(server.connection))
  await nothingRuns(dataDir)

  const again = await acquireEmbeddedServer(dataDir)
  const holder = startLeaseHolder(t, dataDir)
  await holder.answer
  await again.release(long)
  await holder.kill()
  await nothingRuns(dataDir)
})

test.serial('a signal ends a server that stays up, but not one that is used', async (t) => {
  const dataDir = await createDataDir(t)
  const server = await acquireEmbeddedServer(dataDir)
  const keeper = await keeperPid(dataDir)
  if (keeper === undefined) throw new Error('There is no keeper.')

  process.kill(keeper, 'SIGTERM')
  const other = await acquireEmbeddedServer(dataDir)
  t.is(await keeperPid(dataDir), keeper)
  await other.release(long)
  t.true(await answers(server.connection))

  // It got the signal before, as at the end of a session.
  await server.release(long)
  await nothingRuns(dataDir)

  const last = await acquireEmbeddedServer(dataDir)
  await last.release(long)
  t.true(await answers(last.connection))
  process.kill((await keeperPid(dataDir)) ?? 0, 'SIGTERM')
  await nothingRuns(dataDir)
})

test.serial('commands let the server stay up, unless SHOP_EMBEDDED_LINGER is 0', async (t) => {
  const dataDir = await createDataDir(t)
  const run = async (linger: string): Promise<void> => {
    const env = {SHOP_DATA_DIR: dataDir, SHOP_EMBEDDED_LINGER: linger}
    t.is((await spawnShop(['status'], {env})).exitCode, 0)
  }

  await run('300')
  const pid = await postmasterPid(dataDir)
  await run('300')
  t.is(await postmasterPid(dataDir), pid)
  await run('0')
  await eventually(async () => (await keeperPid(dataDir)) === undefined)
})
