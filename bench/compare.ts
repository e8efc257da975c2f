import {startBareExpress} from './express-baseline.ts'
import {type Load, measure} from './load.ts'
import type {Pace} from './pace.ts'
import type {RawRate, RawTransactions} from './raw-transactions.ts'
import type {Scenario} from './scenarios.ts'
import type {Shop} from './shop-server.ts'
import {type Measured, median, medianOf} from './statistics.ts'
import {judge, type Verdict} from './targets.ts'

export type Bench = {shop: Shop; raw: RawTransactions; pace: Pace; signal: AbortSignal}

export type Comparison = {
  name: string
  shop: Measured
  baseline: RawRate & {program: string}
  /** The shop's rate as a part of the baseline's beside it, round by round. */
  ratios: number[]
  /** Their median. */
  ratio: number
  /** How many times as long one request takes: its inverse. */
  timeRatio: number
  verdict?: Verdict
}

/** The shop and its baseline in turn, as many rounds as there are, so that what else the machine does slows both. */
export async function compare({name, load, baseline, target}: Scenario, bench: Bench): Promise<Comparison> {
  const {shop, pace, signal} = bench
  const base = await startBaseline(baseline, load, bench)
  const ours: Measured[] = []
  const theirs: RawRate[] = []
  try {
    await measure(shop.origin, load, warmUpSeconds(load, pace), signal)
    for (let round = 0; round < pace.rounds; round++) {
      ours.push(await measure(shop.origin, load, pace.seconds, signal))
      theirs.push(await base.measure(pace.seconds))
    }
  } finally {
    await base.stop()
  }
  const medians = {shop: medianOf(ours), baseline: {program: base.program, ...medianOf(theirs)}}
  const ratios = ours.map(({perSecond}, round) => perSecond / (theirs[round]?.perSecond ?? Number.NaN))
  const ratio = median(ratios)
  const timeRatio = 1 / ratio
  const verdict = target && judge(name, target, target.of === 'rate' ? ratio : timeRatio)
  return {name, ...medians, ratios, ratio, timeRatio, ...(verdict && {verdict})}
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
