/*
 * Loaded into a command of the shop by --import. At the end of the command it writes the peak resident memory of the
 * process, in kilobytes, to file descriptor 3.
 */
import {writeSync} from 'node:fs'
import {isMainThread} from 'node:worker_threads'

// Worker threads inherit --import.
if (isMainThread) {
  process.on('exit', () => {
    writeSync(3, String(process.resourceUsage().maxRSS))
  })
}
