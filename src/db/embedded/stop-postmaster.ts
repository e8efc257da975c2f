import {setTimeout as sleep} from 'node:timers/promises'

import {isSystemError} from './system-error.ts'

// PostgreSQL's fast and immediate shutdown. A server that survives both is stuck.
const steps = [
  {signal: 'SIGINT', seconds: 30},
  {signal: 'SIGQUIT', seconds: 10},
  {signal: 'SIGKILL', seconds: 10},
] as const

/** Stops a server, with a stronger signal each time it does not end. `canWrite` is false if its files are gone. */
export async function stopPostmaster(
  pid: number,
  hasEnded: () => boolean | Promise<boolean>,
  {canWrite = true} = {},
): Promise<void> {
  for (const {signal, seconds} of canWrite ? steps : steps.slice(1)) {
    if (await hasEnded()) return
    signalIfThere(pid, signal)
    for (let waited = 0; waited < seconds * 1000; waited += 10) {
      if (await hasEnded()) return
      await sleep(10)
    }
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error
  }
}
