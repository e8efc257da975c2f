import {startBareExpress} from './express-baseline.ts'
import {compareRounds, measureInTurn, type Ratios} from './in-turn.ts'
import {type Load, measure} from './load.ts'
import type {Pace} from './pace.ts'
import type {RawRate, RawTransactions} from './raw-transactions.ts'
import type {Scenario} from './scenarios.ts'
import type {Shops} from './shop-server.ts'
import {type Measured, medianOf} from './statistics.ts'
import {judge, type Verdict} from './targets.ts'

export type Bench = Shops & {raw: RawTransactions; pace: Pace; signal: AbortSignal}

export type Comparison = Ratios & {
  name: string
  shop: Measured
  baseline: RawRate & {program: string}
  /** How many times as long as the baseline one request takes: the inverse of `ratio`. */
  timeRatio: number
  verdict?: Verdict
}

/** No scenario may get slower than this part of the other build's rate. */
const againstTarget = {of: 'rate', relation: '>=', bound: 0.95} as const

/** Measures the shop in turn with the other build's, or with the scenario's own baseline if there is no other build. */
export async function compare({name, load, ...scenario}: Scenario, bench: Bench): Promise<Comparison> {
  const {shop, other, pace, signal} = bench
  const target = other ? againstTarget : scenario.target
  const baseline = await startBaseline(scenario.baseline, load, bench)
  try {
    await measure(shop.origin, load, warmUpSeconds(load, pace), signal)
    const [ours, theirs] = await measureInTurn(
      pace.rounds,
      async () => measure(shop.origin, load, pace.seconds, signal),
      async () => baseline.measure(pace.seconds),
    )
    const medians = {shop: medianOf(ours), baseline: {program: baseline.program, ...medianOf(theirs)}}
    const {ratios, ratio} = compareRounds(ours, theirs, 'perSecond')
    const timeRatio = 1 / ratio
    const verdict = target && judge(name, target, target.of === 'rate' ? ratio : timeRatio)
    return {name, ...medians, ratios, ratio, timeRatio, ...(verdict && {verdict})}
  } finally {
    await baseline.stop()
  }
}

/** With one connection it takes seconds to place as many orders as V8 needs to see before it optimizes their code. */
function warmUpSeconds({connections}: Load, pace: Pace): number {
  return connections === 1 ? pace.singleWarmUpSeconds : pace.warmUpSeconds
}

type Baseline = {program: string; measure: (seconds: number) => Promise<RawRate>; stop: () => Promise<void>}

async function startBaseline(
  baseline: Scenario['baseline'],
  load: Load,
  {shop, other, raw, rawUrl, pace, signal}: Bench,
): Promise<Baseline> {
  const measureAt = (origin: string) => async (seconds: number) => measure(origin, load, seconds, signal)
  const stop = async (): Promise<void> => Promise.resolve()
  if (other) {
    await measure(other.origin, load, warmUpSeconds(load, pace), signal)
    return {program: 'other build', measure: measureAt(other.origin), stop}
  }
  if (baseline.kind === 'transactions') {
    return {program: raw.program, measure: async (seconds) => raw.measure(rawUrl, baseline, seconds, signal), stop}
  }
  const express = await startBareExpress(shop.origin, load, signal)
  await measure(express.origin, load, pace.warmUpSeconds, signal)
  return {program: 'express', measure: measureAt(express.origin), stop: express.stop}
}
