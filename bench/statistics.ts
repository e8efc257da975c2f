import {BenchmarkError} from './benchmark-error.ts'

export type Measured = {perSecond: number; p50: number; p99: number}

export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return (at(sorted, Math.ceil(middle) - 1) + at(sorted, Math.floor(middle))) / 2
}

/** By nearest rank: the smallest number that is not exceeded by `percent` of the numbers. */
export function percentile(numbers: number[], percent: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return at(sorted, Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1))
}

/** From the latencies, in milliseconds, of all that was done in `seconds`. */
export function measured(latencies: number[], seconds: number): Measured {
  return {
    perSecond: latencies.length / seconds,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
  }
}

/** The median of each figure over the rounds. */
export function medianOf<Figures extends Record<string, number>>(rounds: Figures[]): Figures {
  const names = Object.keys(rounds[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name] ?? Number.NaN))]),
  ) as Figures
}

function at(sorted: number[], index: number): number {
  const number = sorted[index]
  if (number === undefined) throw new BenchmarkError('Nothing was measured.')
  return number
}
