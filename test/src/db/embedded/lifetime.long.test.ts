import {setTimeout as delay} from 'node:timers/promises'

import test from 'ava'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import {createDataDir, keeperPid, postmasterPid} from './helpers.ts'

/** After this, a keeper that still prepares its folders ends itself. */
const startLimitMs = 60_000

test('the time limit of its start does not end a keeper that runs a server', async (t) => {
  const dataDir = await createDataDir(t)
  const server = await acquireEmbeddedServer(dataDir)
  t.teardown(server.release)
  const before = [await keeperPid(dataDir), await postmasterPid(dataDir)]

  await delay(startLimitMs + 5000)

  t.deepEqual([await keeperPid(dataDir), await postmasterPid(dataDir)], before)
})
