import {setTimeout as sleep} from 'node:timers/promises'

import type {Random} from '../random.ts'

/** All buyers at once want a product of which there is too little. Requests that meet by chance seldom find a missing lock. */
export type Rushes = {
  /** The number of the rush that begins soon or has begun, and how to wait for its beginning. */
  current: () => number
  begun: () => Promise<unknown>
}

const gatherMs = 300

export function announceRushes(random: Random, signal: AbortSignal): Rushes {
  let count = 0
  let beginning: Promise<unknown> = Promise.resolve()
  const announce = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(random.between(1500, 4000), undefined, {signal}).catch(() => undefined)
      beginning = sleep(gatherMs, undefined, {signal}).catch(() => undefined)
      count++
    }
  }
  void announce()
  return {current: () => count, begun: async () => beginning}
}
