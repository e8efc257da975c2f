import type {Config} from '../../config.ts'

export type WorkerSettings = Config & {host: string; port: number}

/** Why a worker could not start. The primary reports it as its own failure. */
export type StartFailure = {
  code: 'database_unavailable' | 'invalid_configuration'
  message: string
  hint: string | undefined
}

/**
 * From a worker: `ready` asks for its settings; then it either serves at the URL or has failed to start. `alive` comes
 * every `aliveEveryMs` from `ready` on.
 */
export type WorkerMessage = 'ready' | 'alive' | {url: string} | {failure: StartFailure}

export const aliveEveryMs = 3000

/** Tells a serving worker to drain, or to stop. */
export type ServingMessage = 'drain' | {graceMs: number}
