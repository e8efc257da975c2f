import {figure, type Metric} from '../../metrics/metric.ts'

/** How many processes serve, and how many were replaced because they ended. */
export function workerMetrics({listening, ends}: {listening: number; ends: number}): Metric[] {
  const ended = {name: 'shop_worker_ends_total', help: 'Workers that ended while the server ran, and were replaced.'}
  return [
    figure('gauge', {name: 'shop_workers', help: 'Processes that serve requests.'}, listening),
    figure('counter', ended, ends),
  ]
}
