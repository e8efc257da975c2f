/** What one scrape of `/metrics` says, by the name of the metric, and when it was read: in milliseconds of performance.now(). */
export type Scrape = {at: number; samples: Map<string, Sample[]>}

/** `key` is the name and the labels as they were written, which is how a sample is found in another scrape. */
type Sample = {key: string; labels: Record<string, string>; value: number}

/** Labels that a sample must have. One that must have one of several values has a list. */
type Wanted = Record<string, string | readonly string[]>

/** A scrape that takes longer than this is given up: figures are better late than the view frozen. */
const timeoutMs = 2000

/** Throws if the address does not answer with the metrics of a shop. */
export async function scrapeMetrics(url: string, signal: AbortSignal): Promise<Scrape> {
  const response = await fetch(url, {signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])})
  const text = await response.text()
  const samples = parseMetrics(text)
  if (!response.ok || !samples.has('shop_build_info')) {
    throw new Error(`it answers ${response.status}, but not with the metrics of a shop`)
  }
  return {at: performance.now(), samples}
}

const samplePattern = /^((\w+)(?:\{(.*)\})?) (\S+)/
const labelPattern = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** Prometheus' text format. Comments and timestamps are left out. */
export function parseMetrics(text: string): Map<string, Sample[]> {
  const samples = new Map<string, Sample[]>()
  for (const line of text.split('\n')) {
    const [, key, name = '', labels = '', value = ''] = samplePattern.exec(line) ?? []
    if (key === undefined) continue
    const others = samples.get(name) ?? []
    if (others.length === 0) samples.set(name, others)
    others.push({key, labels: parseLabels(labels), value: parseValue(value)})
  }
  return samples
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(labelPattern), ([, label = '', value = '']) => [
      label,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  )
}

function parseValue(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
}

/** What happened between two scrapes of the same server. */
export class Scrapes {
  readonly #now: Scrape
  readonly #earlier: Map<string, number>
  readonly seconds: number

  constructor(before: Scrape, now: Scrape) {
    this.#now = now
    this.#earlier = new Map([...before.samples.values()].flat().map(({key, value}) => [key, value]))
    this.seconds = (now.at - before.at) / 1000
  }

  /** The sum of the samples now; undefined if there are none. */
  value(name: string, wanted: Wanted = {}): number | undefined {
    const samples = find(this.#now, name, wanted)
    return samples.length === 0 ? undefined : sum(samples)
  }

  /** By how much counters went up each second. */
  rate(name: string, wanted: Wanted = {}): number | undefined {
    const samples = find(this.#now, name, wanted)
    if (samples.length === 0) return undefined
    return this.#increase(samples) / this.seconds
  }

  /** The values now of counters or gauges, and what they went up by in a second, by the value of one label. */
  by(label: string, name: string, wanted: Wanted = {}): {key: string; value: number; rate: number}[] {
    return this.#groups(label, name, wanted).map(({key, samples}) => ({
      key,
      value: sum(samples),
      rate: this.#increase(samples) / this.seconds,
    }))
  }

  /** The mean of a histogram's observations between the scrapes; undefined if there were none. */
  mean(name: string, wanted: Wanted = {}): number | undefined {
    const [total, count] = [`${name}_sum`, `${name}_count`].map((each) => this.#increase(find(this.#now, each, wanted)))
    return count ? (total ?? 0) / count : undefined
  }

  /**
   * Estimates a quantile of a histogram's observations between the scrapes, as Prometheus' `histogram_quantile` does.
   * Undefined if there were none; the last bound if it is above all of them.
   */
  quantile(quantile: number, name: string, wanted: Wanted = {}): number | undefined {
    const buckets = this.#groups('le', `${name}_bucket`, wanted)
      .map(({key, samples}) => ({bound: parseValue(key), count: this.#increase(samples)}))
      .sort((one, other) => one.bound - other.bound)
    const total = buckets.at(-1)?.count ?? 0
    if (total === 0) return undefined
    const rank = quantile * total
    const at = buckets.findIndex(({count}) => count >= rank)
    const [below = {bound: 0, count: 0}, bucket = below] = [buckets[at - 1], buckets[at]]
    if (bucket.bound === Infinity) return below.bound
    const share = bucket.count === below.count ? 1 : (rank - below.count) / (bucket.count - below.count)
    return below.bound + (bucket.bound - below.bound) * share
  }

  #groups(label: string, name: string, wanted: Wanted): {key: string; samples: Sample[]}[] {
    const samples = find(this.#now, name, wanted)
    return [...new Set(samples.map(({labels}) => labels[label] ?? ''))].map((key) => ({
      key,
      samples: samples.filter(({labels}) => labels[label] === key),
    }))
  }

  /** A counter that is lower than before belongs to a server that started again, and counted from zero. */
  #increase(samples: Sample[]): number {
    return samples.reduce((total, {key, value}) => {
      const earlier = this.#earlier.get(key) ?? 0
      return total + (value < earlier ? value : value - earlier)
    }, 0)
  }
}

function find({samples}: Scrape, name: string, wanted: Wanted): Sample[] {
  return (samples.get(name) ?? []).filter(({labels}) =>
    Object.entries(wanted).every(([label, value]) =>
      typeof value === 'string' ? labels[label] === value : value.includes(labels[label] ?? ''),
    ),
  )
}

function sum(samples: {value: number}[]): number {
  return samples.reduce((total, {value}) => total + value, 0)
}
