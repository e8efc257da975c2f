import type {Attempt} from './history.ts'

/**
 * How long no order was confirmed after a fault struck, in seconds: the longest pause between two confirmations that begins
 * before `until`. Times are milliseconds since the start; nothing is known after `now`.
 */
export function secondsWithoutOrders(
  attempts: Attempt[],
  {from, until, now}: {from: number; until: number; now: number},
): number {
  const confirmed = attempts
    .flatMap(({request, outcome, until: at}) =>
      (request.kind === 'order' || request.kind === 'checkout') && outcome?.type === 'ok' && at !== undefined ? at : [],
    )
    .filter((at) => at >= from)
    .sort((one, other) => one - other)
  let longest = 0
  let last = from
  for (const at of confirmed) {
    if (last > until) return longest / 1000
    longest = Math.max(longest, at - last)
    last = at
  }
  return Math.max(longest, now - last) / 1000
}

export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
