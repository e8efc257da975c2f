import type {ServerPosition} from './look.ts'

type Sample = {
  position: number
  /** The latest time at which the primary was known to be no further, in the time of `performance.now()`. */
  at: number
}

/** Past this age, a replica's lag is known to be more, but no longer how much. */
const longestMs = 600_000

/** Where the primary was at which time, so that the lag of a replica is that of its data: an idle primary causes none. */
export class Positions {
  #system: string | undefined
  #samples: Sample[] = []

  /** `at` is the time before the primary was asked. */
  add({position, system}: ServerPosition, at: number): void {
    const last = this.#samples.at(-1)
    // After a failover, the new primary may be behind the old one.
    if (system !== this.#system || (last && position < last.position)) this.#samples = []
    this.#system = system
    if (this.#samples.at(-1)?.position === position) this.#samples.pop()
    this.#samples.push({position, at})
    while ((this.#samples[0]?.at ?? at) < at - longestMs) this.#samples.shift()
  }

  /** Whether the primary has less than a server had at a time; undefined if it has not been seen since. */
  lacks({position, at}: {position: number; at: number}): boolean | undefined {
    const last = this.#samples.at(-1)
    return last && last.at >= at ? last.position < position : undefined
  }

  get system(): string | undefined {
    return this.#system
  }

  /** The position of a server that has everything committed before `time`; undefined if the primary has not been seen since. */
  required(time: number): number | undefined {
    // From the end, where the time is.
    let position: number | undefined
    for (let index = this.#samples.length - 1; index >= 0; index--) {
      const sample = this.#samples[index]
      if (!sample || sample.at < time) break
      position = sample.position
    }
    return position
  }

  /** A time before which everything committed is within the position. */
  timeOf(position: number): number | undefined {
    return this.#samples.findLast((sample) => sample.position <= position)?.at
  }
}
