import type {Metric, Sample} from './metric.ts'

/**
 * Adds what one process counted to what others did. A process that has ended leaves its counters and histograms, so that
 * their sums never go down; its gauges end with it.
 */
export function addCounts(sums: Metric[], more: Iterable<Metric>): Metric[] {
  const byName = new Map(sums.map((metric) => [metric.name, metric]))
  for (const metric of more) {
    if (metric.type === 'gauge') continue
    byName.set(metric.name, {...metric, values: addValues(byName.get(metric.name)?.values ?? [], metric.values)})
  }
  return [...byName.values()]
}

function addValues(sums: Sample[], more: Sample[]): Sample[] {
  const byKey = new Map(sums.map((sample) => [keyOf(sample), sample]))
  for (const sample of more) {
    const value = (byKey.get(keyOf(sample))?.value ?? 0) + sample.value
    byKey.set(keyOf(sample), {...sample, value})
  }
  return [...byKey.values()]
}

function keyOf({metricName, labels}: Sample): string {
  return JSON.stringify([metricName, ...Object.entries(labels)])
}
