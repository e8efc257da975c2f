/** A metric with its values at one moment, in the form of prom-client's `getMetricsAsJSON`. */
export type Metric = {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  /** How the values of several processes become one. */
  aggregator: 'average' | 'first' | 'max' | 'min' | 'omit' | 'sum'
  values: Sample[]
}

export type Sample = {
  value: number
  labels: Record<string, number | string>
  /** Of a histogram's values, whose names end differently. */
  metricName?: string
}

/** A counter or a gauge whose values are known from elsewhere. */
export function figure(
  type: 'counter' | 'gauge',
  description: {name: string; help: string},
  values: number | Sample[],
): Metric {
  const samples = typeof values === 'number' ? [{labels: {}, value: values}] : values
  return {...description, type, aggregator: 'sum', values: samples}
}
