/*
 * Loaded into a command of the shop by --import: at its end it writes to descriptor 3 the most kilobytes that the process held.
 */
import {writeSync} from 'node:fs'
import {isMainThread} from 'node:worker_threads'

// Threads of the process inherit --import.
if (isMainThread) {
  process.on('exit', () => {
    writeSync(3, String(process.resourceUsage().maxRSS))
  })
}
