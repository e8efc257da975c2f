import type {Config} from '../../config.ts'
import type {Metric} from '../../metrics/metric.ts'

export type WorkerSettings = Config & {host: string; port: number}

/** Why a worker could not start. The primary reports it as its own failure. */
export type StartFailure = {
  code: 'database_unavailable' | 'invalid_configuration'
  message: string
  hint: string | undefined
}

/**
 * From a worker: `ready` asks for its settings; then it either serves at the URL or has failed to start. `alive` comes
 * every `aliveEveryMs` from `ready` on, and `metrics` as often while it serves, or as an answer.
 */
export type WorkerMessage =
  'ready' | 'alive' | {url: string} | {failure: StartFailure} | {metrics: Metric[]; isAnswer: boolean}

export const aliveEveryMs = 3000

/** Asks a serving worker for its metrics, or tells it to drain, or to stop. */
export type ServingMessage = 'drain' | 'read metrics' | {graceMs: number}
