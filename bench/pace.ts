/** The rounds whose medians are reported. `seconds` is whole, since pgbench takes nothing else. */
export type Pace = {rounds: number; seconds: number; warmUpSeconds: number; singleWarmUpSeconds: number}

export const standardPace: Pace = {rounds: 6, seconds: 1, warmUpSeconds: 0.5, singleWarmUpSeconds: 8}

/** Single rounds vary by more than the 5 % that a build may lose, so it takes more of them. */
export const againstPace: Pace = {...standardPace, rounds: 15}

export const quickPace: Pace = {rounds: 1, seconds: 1, warmUpSeconds: 0.5, singleWarmUpSeconds: 1}
