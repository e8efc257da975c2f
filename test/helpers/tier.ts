import fc from 'fast-check'

/** Set by ava.long.config.js, for `npm run test:long`. */
export const isLongTier = process.env.TEST_TIER === 'long'

/** How much of something a test makes: little in `npm test`, and more in `npm run test:long`. */
export function sized(short: number, long: number): number {
  return isLongTier ? long : short
}

/**
 * The seed of all random tests: fixed, so that a failure means that the program has changed, and another one in each
 * `npm run test:long`, which prints it. TEST_SEED=N sets it for either.
 */
export const seed = Number(process.env.TEST_SEED ?? 1)

fc.configureGlobal({seed})

export {fc}
