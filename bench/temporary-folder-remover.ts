/*
 * A separate program, started by temporary-folder.ts: makes a folder for an embedded server, and removes it when the
 * benchmark no longer needs it or is gone.
 */
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {chmod, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {embeddedPaths} from '../src/db/embedded/paths.ts'

/** A server without leases ends much sooner. */
const patienceMs = 60_000

const disconnected = once(process, 'disconnect')
const folder = await mkdtemp(join(tmpdir(), 'shop-bench-'))
try {
  // If root runs the benchmark, the server runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755)
  process.send?.({folder})
  await disconnected
  await waitForServerEnd()
} finally {
  // With retries, since a server that was killed during its start may still write.
  await rm(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 100})
}

async function waitForServerEnd(): Promise<void> {
  const pidFile = join(embeddedPaths(folder).cluster, 'postmaster.pid')
  const deadline = Date.now() + patienceMs
  while (existsSync(pidFile) && Date.now() < deadline) await sleep(50)
}
