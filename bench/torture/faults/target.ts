import type {Clock} from '../machines/clock.ts'
import type {Replica} from '../machines/shop.ts'

/** How long a fault lasts, or until the run is interrupted. */
export type Wait = (ms: number) => Promise<void>

/** What faults strike. */
export type Target = {
  replicas: [Replica, ...Replica[]]
  database: DatabaseTarget
  wait: Wait
  /** Sends webhooks again that were sent before, in another order, and returns how many. */
  repeatWebhooks: () => Promise<number>
}

/** A single server, or a cluster. */
export type DatabaseTarget = {
  /** Resolves when nothing is left of its faults. */
  ready: () => Promise<void>
  /** Kills it, or a part of it, and starts it again after a while. */
  kill: (variant: number, forMs: number) => Promise<string>
  /** Stops and continues all of its processes, or those of one node. */
  pause: (variant: number, forMs: number) => Promise<string>
  /** Undefined if its clock cannot be shifted. */
  clock: Clock | undefined
  /** Undefined for a single server. */
  failOver: ((variant: number, forMs: number) => Promise<string>) | undefined
  isolate: ((variant: number, forMs: number) => Promise<string>) | undefined
}
