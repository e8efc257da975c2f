import type {Config} from '../../config.ts'

export type WorkerSettings = Config & {host: string; port: number}

/** Why a worker could not start. The primary reports it as its own failure. */
export type StartFailure = {
  code: 'database_unavailable' | 'invalid_configuration'
  message: string
  hint: string | undefined
}

/** From a worker: `ready` asks for its settings; then it either serves at the URL or has failed to start. */
export type WorkerMessage = 'ready' | {url: string} | {failure: StartFailure}

/** Tells a serving worker to stop. */
export type StopMessage = {graceMs: number}
