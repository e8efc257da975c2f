import type {Knex} from 'knex'

import type {Config} from '../config.ts'
import type {PoolOptions} from '../db/connect.ts'
import type {Database} from '../db/open.ts'
import {checkoutSession} from '../services/checkout/queue.ts'
import {readinessPool} from './readiness.ts'

/** An order may wait in the checkout queue for ten seconds; a wait for a lock must leave time for an answer. */
export const writeLimits = {statementMs: 10_000, lockMs: 5000, acquireMs: 10_000}

/** Anybody can ask for a list, so it may hold a connection for a short time only. */
const readLimits = {statementMs: 5000, lockMs: 1000, acquireMs: 5000}

/** One login at a time has its password checked, and the others wait for that without a connection. */
const loginPoolSize = 2

/** The connection pools of a server. Neither public reads nor logins nor readiness take a connection from the checkout. */
export type Pools = Record<'db' | 'logins' | 'orders' | 'probes' | 'reads', Knex>

export function openPools(
  openPool: Database['openPool'],
  {poolSize, readPoolSize, checkout}: Pick<Config, 'checkout' | 'poolSize' | 'readPoolSize'>,
  {signal, watch}: Required<Pick<PoolOptions, 'signal' | 'watch'>>,
): Pools {
  const watched = {signal, watch}
  return {
    db: openPool({...watched, ...writeLimits, poolSize}),
    reads: openPool({...watched, ...readLimits, poolSize: readPoolSize, name: 'shop reads'}),
    logins: openPool({...watched, ...writeLimits, poolSize: loginPoolSize, name: 'shop logins'}),
    orders: openPool({...watched, ...writeLimits, ...checkoutSession, poolSize: checkout.lanes, name: 'shop checkout'}),
    probes: openPool({...readinessPool, signal}),
  }
}
