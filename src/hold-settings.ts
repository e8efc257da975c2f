/** When stock is held: as soon as it is added to a basket, only when the basket is about to be checked out, or never. */
export const holdTimes = ['add', 'checkout', 'off'] as const

export type HoldTime = (typeof holdTimes)[number]

export type HoldSettings = {
  hold: HoldTime
  /** How long a hold lasts from its last extension. */
  holdSeconds: number
  /** How long a hold may last in all. */
  holdMaxSeconds: number
  /** How many requests of a user for holds are served in a minute. */
  holdUserRate: number
  /** The most lines of a basket. */
  basketLines: number
}

export const defaultHoldSettings: HoldSettings = {
  hold: 'add',
  holdSeconds: 300,
  holdMaxSeconds: 900,
  holdUserRate: 120,
  basketLines: 100,
}
