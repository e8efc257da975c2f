/*
 * A program of its own, which temporary-folder.ts starts: makes a folder for an embedded server, and removes it when the
 * benchmark no longer needs it or is gone.
 */
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {chmod, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {embeddedPaths} from '../src/db/embedded/paths.ts'

/** A server that is left to itself has ended long before. */
const patienceMs = 60_000

const disconnected = once(process, 'disconnect')
const folder = await mkdtemp(join(tmpdir(), 'shop-bench-'))
try {
  // Root's own server runs as another user, who must get into it.
  await chmod(folder, 0o755)
  process.send?.({folder})
  await disconnected
  await waitForServerEnd()
} finally {
  // Retries: a server that was killed while it started may still write.
  await rm(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 100})
}

async function waitForServerEnd(): Promise<void> {
  const pidFile = join(embeddedPaths(folder).cluster, 'postmaster.pid')
  const deadline = Date.now() + patienceMs
  while (existsSync(pidFile) && Date.now() < deadline) await sleep(50)
}
