/** How long each of the rounds is whose medians are reported. In whole seconds: pgbench takes no others. */
export type Pace = {rounds: number; seconds: number; warmUpSeconds: number; singleWarmUpSeconds: number}

export const standardPace: Pace = {rounds: 6, seconds: 1, warmUpSeconds: 0.5, singleWarmUpSeconds: 8}

export const quickPace: Pace = {rounds: 1, seconds: 1, warmUpSeconds: 0.5, singleWarmUpSeconds: 1}
