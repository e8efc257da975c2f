import type {Knex} from 'knex'

import {ShopError} from '../../errors.ts'
import {readAgain} from '../read-again.ts'
import {lookAtPrimary} from './look.ts'
import {Positions} from './positions.ts'
import {mostWrites} from './recent-writes.ts'
import {type Need, NotOnReplicaError, type Replica, type ReplicaState} from './replica.ts'

/** Who reads, with what was found of the user's recent writes; undefined for anybody. */
export type Reader = {id: number; recentWrites?: string[]} | undefined

/** Reads rows that need not be those of this moment, but have what their reader wrote. */
export type ReadRows = <Result>(reader: Reader, read: (db: Knex) => Promise<Result>) => Promise<Result>

/** Why the primary answered a read: no replica is ready, or the one that was asked could not answer. */
export const primaryReasons = ['failure', 'no_replica', 'own_writes', 'refresh', 'refusal'] as const
export type PrimaryReason = (typeof primaryReasons)[number]

export type ReplicasOptions = {
  lagMs: number
  count: (from: 'primary' | 'replica', reason: PrimaryReason | 'ready') => void
  /** A replica has been in another state for two looks. */
  onChange: (replica: Replica) => void
}

/** How often the servers are looked at: often enough for the bound of the lag, and never more than that. */
const mostPauseMs = 250

/** How long a replica may be silent. What it was asked is then left to the primary. */
const waitMs = 1000

/**
 * Answers reads from the replicas in turn. A replica is read if it has everything that was committed before `lagMs` ago and all
 * recent writes of the reader. Whatever goes wrong there, the primary answers.
 */
export class Replicas {
  readonly list: readonly Replica[]
  readonly #primary: Knex
  readonly #options: ReplicasOptions
  readonly #positions = new Positions()
  readonly #pauseMs: number
  readonly #seen = new Map<Replica, {state: ReplicaState; told: ReplicaState | undefined}>()
  #next = 0
  #timer: NodeJS.Timeout | undefined
  #isLooking = false
  #isClosed = false

  /** `primary` is a connection pool of one connection, for looks at its position. */
  constructor(primary: Knex, list: readonly Replica[], options: ReplicasOptions) {
    this.#primary = primary
    this.list = list
    this.#options = options
    this.#pauseMs = Math.min(options.lagMs / 4, mostPauseMs)
  }

  start(): void {
    this.#timer = setInterval(() => {
      void this.look()
    }, this.#pauseMs).unref()
  }

  /** Looks at the primary and then, at the same time, at all replicas. */
  async look(): Promise<void> {
    if (this.#isClosed) return
    await this.#lookAtPrimary()
    await Promise.all(this.list.map(async (replica) => this.#lookAt(replica)))
  }

  /** Reads on a replica if one is ready, and otherwise on `primary`. */
  async read<Result>(primary: Knex, reader: Reader, read: (db: Knex) => Promise<Result>): Promise<Result> {
    const {count} = this.#options
    const chosen = this.#choose(reader)
    let reason: PrimaryReason
    if (typeof chosen === 'string') reason = chosen
    else {
      try {
        const result = await chosen.replica.read(chosen.need, read)
        count('replica', 'ready')
        return result
      } catch (error) {
        reason = reasonOf(error)
      }
    }
    count('primary', reason)
    return readAgain(async () => read(primary))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await Promise.all([this.#primary.destroy(), ...this.list.map(async (replica) => replica.close())])
  }

  #choose(reader: Reader): 'no_replica' | 'own_writes' | {replica: Replica; need: Need} {
    const writes = reader?.recentWrites ?? []
    if (writes.length > mostWrites) return 'own_writes'
    const replica = this.#pick()
    const position = this.#positions.required(performance.now() - this.#options.lagMs)
    if (!replica || position === undefined) return 'no_replica'
    const writer = reader && writes.length > 0 ? {userId: reader.id, writes} : undefined
    return {replica, need: {system: this.#positions.system, position, freshMs: this.#pauseMs, writer}}
  }

  #pick(): Replica | undefined {
    const {list} = this
    const ready = list.filter(({state}) => state === 'ready')
    this.#next = (this.#next + 1) % Math.max(ready.length, 1)
    return ready[this.#next]
  }

  async #lookAtPrimary(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const at = performance.now()
    try {
      this.#positions.add(await lookAtPrimary(this.#primary), at)
      for (const replica of this.list) replica.compare(this.#positions)
    } catch {
      // Without a position, replicas count as behind before long. Whoever needs the primary finds out why it fails.
    } finally {
      this.#isLooking = false
    }
  }

  async #lookAt(replica: Replica): Promise<void> {
    const {lagMs, onChange} = this.#options
    await replica.look(this.#positions, {lagMs, waitMs})
    // Not sooner: another look may have told the change meanwhile.
    const before = this.#seen.get(replica)
    const {state} = replica
    const told = before?.told
    const isNews = state === before?.state && state !== told && !this.#isClosed
    this.#seen.set(replica, {state, told: isNews ? state : told})
    if (isNews) onChange(replica)
  }
}

function reasonOf(error: unknown): PrimaryReason {
  if (error instanceof NotOnReplicaError) return error.reason === 'behind' ? 'no_replica' : error.reason
  // A replica may not have the product or the page yet that it is asked for.
  return error instanceof ShopError ? 'refusal' : 'failure'
}
