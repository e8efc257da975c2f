import {Counter, gauge, type Metric} from '../../metrics/instruments.ts'

/** How many processes serve, and how many were replaced because they ended. */
export function workerMetrics({listening, ends}: {listening: number; ends: number}): Metric[] {
  const ended = new Counter({
    name: 'shop_worker_ends_total',
    help: 'Workers that ended while the server ran, and were replaced.',
  })
  ended.add(ends)
  return [
    gauge({name: 'shop_workers', help: 'Processes that serve requests.'}, [{labels: {}, value: listening}]),
    ended.read(),
  ]
}
