import type {Round} from './play.ts'
import type {Tables} from './read-tables.ts'
import type {Told} from './requests.ts'

/** A run must see all of these, or it proves little. */
export const kindsOfAnswer = [
  'placed',
  'replayed',
  'out_of_stock',
  'idempotency_key_reused',
  'cancelled',
  'order_cancelled',
  'unknown_order',
  'adjusted',
  'too_little_stock',
  'audited',
  'split over pools',
]

/** Counts how often each kind was seen. */
export function countAnswers(counts: Map<string, number>, {told}: Round, {orders}: Tables): void {
  const split = orders.filter(({isSplit}) => isSplit).map(() => 'split over pools')
  for (const name of [...told.map(nameOf), ...split]) counts.set(name, (counts.get(name) ?? 0) + 1)
}

function nameOf({answer}: Told): string {
  if (answer.kind === 'refused') return answer.code
  return answer.kind === 'placed' && answer.isReplay ? 'replayed' : answer.kind
}
