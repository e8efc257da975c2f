import {startBareExpress} from './express-baseline.ts'
import {compareRounds, measureInTurn, type Ratios} from './in-turn.ts'
import {type Load, measure} from './load.ts'
import type {Pace} from './pace.ts'
import type {RawRate, RawTransactions} from './raw-transactions.ts'
import type {Scenario} from './scenarios.ts'
import type {Shop} from './shop-server.ts'
import {type Measured, medianOf} from './statistics.ts'
import {judge, type Verdict} from './targets.ts'

export type Bench = {shop: Shop; raw: RawTransactions; pace: Pace; signal: AbortSignal}

export type Comparison = Ratios & {
  name: string
  shop: Measured
  baseline: RawRate & {program: string}
  /** How many times as long one request takes: the inverse of the rates' ratio. */
  timeRatio: number
  verdict?: Verdict
}

/** The shop and its baseline in turn. */
export async function compare({name, load, baseline, target}: Scenario, bench: Bench): Promise<Comparison> {
  const {shop, pace, signal} = bench
  const base = await startBaseline(baseline, load, bench)
  try {
    await measure(shop.origin, load, warmUpSeconds(load, pace), signal)
    const [ours, theirs] = await measureInTurn(
      pace.rounds,
      async () => measure(shop.origin, load, pace.seconds, signal),
      async () => base.measure(pace.seconds),
    )
    const medians = {shop: medianOf(ours), baseline: {program: base.program, ...medianOf(theirs)}}
    const {ratios, ratio} = compareRounds(ours, theirs, 'perSecond')
    const timeRatio = 1 / ratio
    const verdict = target && judge(name, target, target.of === 'rate' ? ratio : timeRatio)
    return {name, ...medians, ratios, ratio, timeRatio, ...(verdict && {verdict})}
  } finally {
    await base.stop()
  }
}

/** By one connection it takes seconds until as many orders are placed as V8 wants to see before it compiles their way. */
function warmUpSeconds({connections}: Load, pace: Pace): number {
  return connections === 1 ? pace.singleWarmUpSeconds : pace.warmUpSeconds
}

type Baseline = {program: string; measure: (seconds: number) => Promise<RawRate>; stop: () => Promise<void>}

async function startBaseline(
  baseline: Scenario['baseline'],
  load: Load,
  {shop, raw, pace, signal}: Bench,
): Promise<Baseline> {
  if (baseline.kind === 'transactions') {
    return {
      program: raw.program,
      measure: async (seconds) => raw.measure(shop.rawUrl, baseline, seconds, signal),
      stop: async () => Promise.resolve(),
    }
  }
  const {origin, stop} = await startBareExpress(shop.origin, load, signal)
  await measure(origin, load, pace.warmUpSeconds, signal)
  return {program: 'express', measure: async (seconds) => measure(origin, load, seconds, signal), stop}
}
