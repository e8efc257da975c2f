import type {Knex} from 'knex'

import type {ReplicaSettings} from '../config.ts'
import {readAgain} from '../db/read-again.ts'
import {openReplicas} from '../db/replicas/open-replicas.ts'
import type {Replica} from '../db/replicas/replica.ts'
import type {ReadRows, Replicas} from '../db/replicas/replicas.ts'
import {figure} from '../metrics/metric.ts'
import type {ShopMetrics} from '../metrics/shop-metrics.ts'
import type {AppContext} from './context.ts'
import type {Log} from './log.ts'

/** Where a server reads what may be a little old. */
export type Reads = Pick<AppContext, 'notesWrites' | 'readCatalogue' | 'readOrders'> & {
  replicas: Replicas | undefined
}

/** Without replicas, everything is read on the primary: orders on `db`, and lists and products on `reads`. */
export function openReads(
  primary: {db: Knex; reads: Knex},
  settings: ReplicaSettings | undefined,
  pools: Parameters<typeof openReplicas>[1],
  {log, metrics}: {log: Pick<Log, 'info' | 'warn'>; metrics: ShopMetrics | undefined},
): Reads {
  if (!settings) {
    if (metrics) addReplicaGauge(metrics, [])
    return {
      notesWrites: false,
      readCatalogue: async (_, read) => readAgain(async () => read(primary.reads)),
      readOrders: async (_, read) => readAgain(async () => read(primary.db)),
      replicas: undefined,
    }
  }
  const replicas = openReplicas(settings, pools, {
    count: (from, reason) => metrics?.reads.inc({from, reason}),
    onChange: (replica) => {
      logChange(log, replica)
    },
  })
  if (metrics) addReplicaGauge(metrics, replicas.list)
  const readOn =
    (db: Knex): ReadRows =>
    async (reader, read) =>
      replicas.read(db, reader, read)
  replicas.start()
  return {notesWrites: true, readCatalogue: readOn(primary.reads), readOrders: readOn(primary.db), replicas}
}

function logChange(log: Pick<Log, 'info' | 'warn'>, {name, state, failure}: Replica): void {
  if (state === 'ready') log.info({replica: name}, 'A replica is read.')
  else
    log.warn(
      {replica: name, state, ...(failure !== undefined && {failure})},
      'A replica is not read, and the primary answers.',
    )
}

function addReplicaGauge(metrics: ShopMetrics, list: readonly Replica[]): void {
  const lag = {
    name: 'shop_replica_lag_seconds',
    help: 'For how long a replica may have lacked what was committed, or has not answered.',
  }
  metrics.addGauge(() => {
    const now = performance.now()
    const values = list.map(({name, upToDateAt}) => ({labels: {replica: name}, value: (now - upToDateAt) / 1000}))
    return {...figure('gauge', lag, values), aggregator: 'max'}
  })
}
