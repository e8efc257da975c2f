import type {Knex} from 'knex'
import type {Client} from 'pg'

import {withConnection} from '../connection.ts'
import {hasSqlState, isConnectionError, messageOf} from '../errors.ts'
import {lookAtStandby, lookForWrites, type StandbyPosition} from './look.ts'
import type {Positions} from './positions.ts'

/** What a read needs of a replica. */
export type Need = {
  system: string | undefined
  position: number
  /** For how long a connection is believed what it said, in milliseconds. */
  freshMs: number
  writer: {userId: number; writes: string[]} | undefined
}

export type ReplicaState = 'behind' | 'foreign' | 'promoted' | 'ready' | 'unreachable'

/** Why a replica cannot answer a read. The primary answers it. */
export class NotOnReplicaError extends Error {
  readonly reason: 'behind' | 'own_writes' | 'refresh'

  constructor(reason: NotOnReplicaError['reason']) {
    super(`The replica cannot answer: ${reason}.`)
    this.reason = reason
  }
}

type Bound = {db: Knex; seen: StandbyPosition & {at: number}}

/** Databases that are bound to a connection of a replica. */
const ofReplicas = new WeakSet<Knex>()

/** Whether nothing can be written, because the connection is one of a replica. */
export function isReplica(db: Knex): boolean {
  return ofReplicas.has(db)
}

/** One replica, as this process sees it. */
export class Replica {
  readonly name: string
  state: ReplicaState = 'unreachable'
  /** Why it cannot be reached. */
  failure: string | undefined
  /** It has everything that was committed before, in the time of `performance.now()`. */
  upToDateAt = performance.now()
  /** How far the last look found it, if it is a standby of the same system. */
  #found: {position: number; at: number} | undefined
  /** How far it had got when it had more than the primary. */
  #strayedTo: number | undefined
  readonly #reads: Knex
  readonly #probe: Knex
  readonly #bound = new WeakMap<Client, Bound>()
  readonly #running = new Set<(reason: Error) => void>()
  #isLooking = false

  /** `reads` is the connection pool for reads; `probe` has one connection, which nothing else waits for. */
  constructor(name: string, {reads, probe}: {reads: Knex; probe: Knex}) {
    this.name = name
    this.#reads = reads
    this.#probe = probe
  }

  /** Finds out the state. A replica that does not answer in time is not read until it does. */
  async look(positions: Positions, {lagMs, waitMs}: {lagMs: number; waitMs: number}): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const silence = setTimeout(() => {
      this.#giveUp(new Error(`The replica ${this.name} does not answer.`))
    }, waitMs)
    try {
      const found = await lookAtStandby(this.#probe)
      const now = performance.now()
      const state = stateOf(found, positions, now - lagMs)
      const isCopy = state === 'ready' || state === 'behind'
      this.#found = isCopy ? {position: found.position, at: now} : undefined
      this.state = isCopy && this.#strayedTo !== undefined ? 'foreign' : state
      this.failure = undefined
      if (this.state === state && isCopy) {
        this.upToDateAt = Math.max(this.upToDateAt, positions.timeOf(found.position) ?? 0)
      }
    } catch (error) {
      this.#giveUp(error instanceof Error ? error : new Error(String(error)))
    } finally {
      clearTimeout(silence)
      this.#isLooking = false
    }
  }

  /**
   * Leaves out a replica that has more than the primary, as after a failover to a server that had less. It stays out when the
   * primary has as much again, until it goes on with what the primary has.
   */
  compare(positions: Positions): void {
    if (!this.#found) return
    const {position} = this.#found
    const isAhead = positions.lacks(this.#found)
    if (isAhead === true) {
      this.#strayedTo = position
      this.state = 'foreign'
    } else if (isAhead === false && position !== this.#strayedTo) this.#strayedTo = undefined
  }

  /**
   * Reads on one connection, after it has shown that its server has what is needed: the server behind an address may have
   * been replaced or promoted since the last look. Rejects at once if a look finds that the replica is gone.
   */
  async read<Result>(need: Need, read: (db: Knex) => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#running.add(reject)
      withConnection(this.#reads, async (connection) => {
        const db = this.#proven(connection, need)
        return db ? read(db) : read(await this.#prove(connection, need))
      }).then(
        (result) => {
          this.#running.delete(reject)
          resolve(result)
        },
        (error: unknown) => {
          this.#running.delete(reject)
          if (isConnectionError(error)) this.state = 'unreachable'
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.#reads.destroy(), this.#probe.destroy()])
  }

  #giveUp(reason: Error): void {
    this.state = 'unreachable'
    this.failure = messageOf(reason)
    for (const reject of this.#running) reject(reason)
    this.#running.clear()
  }

  /** A connection that has just shown that it has what everybody needs. */
  #proven(connection: Client, {writer, ...need}: Need): Knex | undefined {
    const bound = this.#bound.get(connection)
    if (!bound || writer || performance.now() - bound.seen.at >= need.freshMs) return undefined
    return meets(bound.seen, need) ? bound.db : undefined
  }

  async #prove(connection: Client, {writer, ...need}: Need): Promise<Knex> {
    const db = this.#bound.get(connection)?.db ?? bind(this.#reads, connection)
    const now = performance.now()
    const {seen, ...found} = await (writer ? lookFor(db, writer) : lookAtStandby(db).then(withNoWrites))
    this.#bound.set(connection, {db, seen: {...found, at: now}})
    if (!meets(found, need)) throw new NotOnReplicaError('behind')
    if (writer && seen < writer.writes.length) throw new NotOnReplicaError('own_writes')
    return db
  }
}

function withNoWrites(found: StandbyPosition): StandbyPosition & {seen: number} {
  return {...found, seen: 0}
}

/** A replica that is some versions behind may not have the table yet. */
async function lookFor(
  db: Knex,
  writer: {userId: number; writes: string[]},
): Promise<StandbyPosition & {seen: number}> {
  return lookForWrites(db, writer).catch((error: unknown) => {
    if (hasSqlState(error, 'undefinedTable')) throw new NotOnReplicaError('own_writes')
    throw error
  })
}

function meets(found: StandbyPosition, {system, position}: Omit<Need, 'writer'>): boolean {
  return found.isStandby && found.system === system && found.position >= position
}

function stateOf(found: StandbyPosition, positions: Positions, since: number): ReplicaState {
  if (found.system !== positions.system) return positions.system === undefined ? 'unreachable' : 'foreign'
  if (!found.isStandby) return 'promoted'
  const required = positions.required(since)
  return required !== undefined && found.position >= required ? 'ready' : 'behind'
}

/** A database whose statements all run on one connection, which its caller has. Made once for each connection. */
function bind(pool: Knex, connection: Client): Knex {
  const db = pool.withUserParams({})
  Object.assign(db.client as object, {
    acquireConnection: async () => Promise.resolve(connection),
    releaseConnection: async () => Promise.resolve(),
  })
  ofReplicas.add(db)
  return db
}
