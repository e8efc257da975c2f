import type {Knex} from 'knex'

import type {ReplicaSettings} from '../../config.ts'
import {connect, describeLocation, type PoolOptions, serverConnection} from '../connect.ts'
import {Replica} from './replica.ts'
import {Replicas, type ReplicasOptions} from './replicas.ts'

/** A statement that a replica cannot finish by then is left to the primary. */
const statementMs = 2500

/** A look is answered at once, or the replica is not read. */
const lookLimits = {statementMs: 1000, lockMs: 1000, acquireMs: 1000, poolSize: 1, name: 'shop replicas'}

/** For a command, which has time to connect: long enough for the reason why it cannot. */
const connectMs = 6000

/** Opens the connection pools of replicas. Contacts nothing before the first look. */
export function openReplicas(
  {urls, lagSeconds}: ReplicaSettings,
  {
    openPrimary,
    ...pools
  }: Pick<PoolOptions, 'poolSize' | 'signal' | 'watch'> & {
    openPrimary: (options: PoolOptions) => Knex
  },
  options: Omit<ReplicasOptions, 'lagMs'>,
): Replicas {
  const list = urls.map((url) => {
    const {name, open} = locate(url)
    return new Replica(name, {
      reads: open({...pools, statementMs, lockMs: 1000, acquireMs: statementMs, name: 'shop reads'}),
      probe: open({...lookLimits, ...(pools.signal && {signal: pools.signal})}),
    })
  })
  return new Replicas(openPrimary(lookLimits), list, {...options, lagMs: lagSeconds * 1000})
}

/** A connection to each replica, for a look at it. */
export function openProbes(urls: string[]): {name: string; db: Knex}[] {
  return urls.map((url) => {
    const {name, open} = locate(url)
    return {name, db: open({...lookLimits, acquireMs: connectMs})}
  })
}

function locate(url: string): {name: string; open: (options: PoolOptions) => Knex} {
  const location = {kind: 'url', url} as const
  const settings = serverConnection(location)
  return {name: describeLocation(location), open: (options) => connect(() => settings, options)}
}
