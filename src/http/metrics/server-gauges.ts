import type {Knex} from 'knex'

import {poolUse} from '../../db/connection.ts'
import {figure, type Sample} from '../../metrics/metric.ts'
import type {ShopMetrics} from '../../metrics/shop-metrics.ts'
import type {CheckoutQueue} from '../../services/checkout/queue.ts'

/** Adds what a serving process has at the moment: its queue and its connections. */
export function addServerGauges(
  metrics: ShopMetrics,
  checkout: CheckoutQueue,
  pools: Record<'checkout' | 'logins' | 'reads' | 'requests', Knex>,
): void {
  metrics.addGauge(() =>
    figure('gauge', {name: 'shop_checkout_queue_jobs', help: 'Jobs that wait in the checkout queue.'}, checkout.length),
  )
  const usesOf = () => Object.entries(pools).map(([pool, db]) => ({pool, use: poolUse(db)}))
  metrics.addGauge(() =>
    figure(
      'gauge',
      {name: 'shop_database_connections', help: 'Connections of each connection pool, and queries that wait for one.'},
      usesOf().flatMap(({pool, use: {used = 0, idle = 0, waiting = 0} = {}}): Sample[] => [
        {labels: {pool, state: 'used'}, value: used},
        {labels: {pool, state: 'idle'}, value: idle},
        {labels: {pool, state: 'waiting'}, value: waiting},
      ]),
    ),
  )
  metrics.addGauge(() =>
    figure(
      'gauge',
      {name: 'shop_database_connections_max', help: 'The most connections that each connection pool may have.'},
      usesOf().map(({pool, use}) => ({labels: {pool}, value: use?.max ?? 0})),
    ),
  )
}
