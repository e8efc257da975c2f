import type {Config} from '../../config.ts'

export type WorkerSettings = Config & {host: string; port: number}

/** A failure to start, which the primary tells as if it were its own. */
export type StartFailure = {
  code: 'database_unavailable' | 'invalid_configuration'
  message: string
  hint: string | undefined
}

/** What a worker says: that it hears, which is answered with its settings, and then that it serves, or why not. */
export type WorkerMessage = 'ready' | {url: string} | {failure: StartFailure}

/** What a worker that serves is told when it is to end. */
export type StopMessage = {graceMs: number}
