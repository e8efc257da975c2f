import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import type {ReplicaSettings} from '../../config.ts'
import {messageOf} from '../../db/errors.ts'
import {lookAtPrimary, lookAtStandby} from '../../db/replicas/look.ts'
import {openProbes} from '../../db/replicas/open-replicas.ts'
import type {ReplicaState} from '../../db/replicas/replica.ts'
import {type Check, good, warning} from './check.ts'

export type {ReplicaState}

export type ReplicaReport = {
  /** Its host and port. */
  replica: string
  state: ReplicaState
  /** How long it took to replay what the primary had just written, in seconds; null if it did not within the bound. */
  lagSeconds: number | null
  /** Of a replica that cannot be reached. */
  failure: string | null
}

const lookEveryMs = 20

/** Looks at each replica until it has what the primary has now, or is too far behind to be read. */
export async function reportReplicas(db: Knex, settings: ReplicaSettings | undefined): Promise<ReplicaReport[]> {
  if (!settings) return []
  const probes = openProbes(settings.urls)
  try {
    return await Promise.all(probes.map(async ({name, db: probe}) => report(db, {name, probe}, settings.lagSeconds)))
  } finally {
    await Promise.all(probes.map(async (probe) => probe.db.destroy()))
  }
}

async function report(
  db: Knex,
  {name, probe}: {name: string; probe: Knex},
  lagSeconds: number,
): Promise<ReplicaReport> {
  const say = (state: ReplicaState, more: Partial<ReplicaReport> = {}): ReplicaReport => ({
    ...{replica: name, state, lagSeconds: null, failure: null},
    ...more,
  })
  try {
    // Connects first, which is not lag.
    const before = await lookAtStandby(probe)
    const primary = await lookAtPrimary(db)
    const start = performance.now()
    for (;;) {
      const {isStandby, system, position} = await lookAtStandby(probe)
      const seconds = (performance.now() - start) / 1000
      if (system !== primary.system) return say('foreign')
      if (!isStandby) return say('promoted')
      if (before.position > primary.position) return say('foreign')
      if (position >= primary.position) return say('ready', {lagSeconds: seconds})
      if (seconds > lagSeconds) return say('behind')
      await delay(lookEveryMs)
    }
  } catch (error) {
    return say('unreachable', {failure: messageOf(error)})
  }
}

/** Never bad: the primary answers what a replica cannot. */
export async function checkReplicas(db: Knex, settings: ReplicaSettings): Promise<Check[]> {
  const reports = await reportReplicas(db, settings)
  return reports.map(({replica, state, failure}) => {
    const says = `The replica ${replica}`
    switch (state) {
      case 'ready':
        return good('replicas', `${says} is up to date, and lists, products and orders are read there.`)
      case 'behind':
        return warning(
          'replicas',
          `${says} is more than ${settings.lagSeconds} s behind, so it is not read.`,
          'See pg_stat_replication on the primary, and docs/scaling.md.',
        )
      case 'foreign':
        return warning(
          'replicas',
          `${says} is not a copy of this database, or has what was lost in a failover.`,
          'Correct DATABASE_REPLICA_URL, or make the replica anew.',
        )
      case 'promoted':
        return warning(
          'replicas',
          `${says} is a primary of its own, so it is not read.`,
          'If it took over, point DATABASE_URL to it. Otherwise make it a replica again.',
        )
      case 'unreachable':
        return warning(
          'replicas',
          `${says} does not answer: ${failure ?? 'unknown'}.`,
          'Start it, or take it out of DATABASE_REPLICA_URL.',
        )
    }
  })
}
