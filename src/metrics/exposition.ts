import {AggregatorRegistry, collectDefaultMetrics, Registry} from 'prom-client'

import type {Metric} from './metric.ts'

export const contentType = Registry.PROMETHEUS_CONTENT_TYPE

/** How the values of several processes become one where prom-client would average or omit them. */
function aggregatorOf({name, aggregator}: Metric): Metric['aggregator'] {
  // An average would hide one worker that hangs.
  if (name.startsWith('nodejs_eventloop_lag_')) return name.endsWith('_min_seconds') ? 'min' : 'max'
  return name === 'process_start_time_seconds' ? 'min' : aggregator
}

/** Watches this process: its CPU time, memory, event loop and garbage collections. Returns how to read what it saw. */
export function watchProcess(): () => Promise<Metric[]> {
  const register = new Registry()
  collectDefaultMetrics({register, eventLoopMonitoringPrecision: 20})
  return async () => {
    const metrics = await readRegistry(register)
    // Its gauges that are named like counters are the sums of others.
    const usual = metrics.filter(({name, type}) => !(type === 'gauge' && name.endsWith('_total')))
    return usual.map((metric) => ({
      ...metric,
      aggregator: aggregatorOf(metric),
      // The mean of an event loop that was not watched yet; NaN would reach another process as null.
      values: metric.values.filter(({value}) => Number.isFinite(value)),
    }))
  }
}

/** prom-client declares the types and labels of what it returns more loosely. */
export async function readRegistry(register: Registry): Promise<Metric[]> {
  return (await register.getMetricsAsJSON()) as unknown as Metric[]
}

/** The metrics of several processes as one text in Prometheus' format. */
export async function toText(processes: Metric[][]): Promise<string> {
  return AggregatorRegistry.aggregate(processes).metrics()
}
