import {availableParallelism} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Bench} from './compare.ts'
import {HttpConnection, type HttpRequest} from './http-connection.ts'
import {measure, timeRequest} from './load.ts'
import {shopUser} from './prepare-database.ts'
import {orderLoad} from './scenarios.ts'
import {measured, type Measured, median, medianOf} from './statistics.ts'
import {judge, type Verdict} from './targets.ts'

/** How late timers in the shop's process fired, in milliseconds. */
type LoopDelay = {loopP99: number; loopMax: number}

export type LoginComparison = {
  alone: Measured & LoopDelay
  beside: Measured & LoopDelay
  logins: Measured
  /** How many cores the logins take while nothing else runs. */
  loginCores: number
  /** The rate beside logins divided by the rate alone in the same round: the median. */
  ratio: number
  /** `ratio` divided by the part of all cores that the logins leave. */
  ratioAllowed: number
  verdicts: Verdict[]
}

export const loginScenario = 'orders beside logins, 1 product, 64 conn.'

const loginsPerSecond = 5
const orders = orderLoad('hot', 64)
const {username, password} = shopUser
const login = {
  request: (): HttpRequest => ({method: 'POST', path: '/auth/login/', body: {username, password}}),
  status: 200,
}

/**
 * Measures orders alone and beside logins, in turn. Hashing costs CPU wherever it is done, so orders are compared with the
 * rate that is possible: their rate alone, times the part of all cores that the logins leave. The CPU time of the logins
 * is measured first, while nothing else runs: that of the shop's processes, minus what they take without any request.
 */
export async function compareLogins({shop: {origin, monitor}, pace, signal}: Bench): Promise<LoginComparison> {
  await logInSteadily(origin, pace.warmUpSeconds, signal)
  const idle = await cpuMs(async () => sleep(pace.seconds * 1000, undefined, {signal}))
  const busy = await cpuMs(async () => logInSteadily(origin, pace.seconds, signal))
  const loginCores = (busy - idle) / (pace.seconds * 1000)

  const alone: (Measured & LoopDelay)[] = []
  const beside: (Measured & LoopDelay)[] = []
  const latencies: number[] = []
  await measure(origin, orders, pace.warmUpSeconds, signal)
  for (let round = 0; round < pace.rounds; round++) {
    alone.push(await measureOrders())
    const [both, taken] = await Promise.all([measureOrders(), logInSteadily(origin, pace.seconds, signal)])
    beside.push(both)
    latencies.push(...taken)
  }

  const medians = {alone: medianOf(alone), beside: medianOf(beside)}
  const ratio = median(beside.map(({perSecond}, round) => perSecond / (alone[round]?.perSecond ?? Number.NaN)))
  const cores = availableParallelism()
  const ratioAllowed = ratio / ((cores - loginCores) / cores)
  return {
    ...medians,
    logins: measured(latencies, pace.rounds * pace.seconds),
    loginCores,
    ratio,
    ratioAllowed,
    verdicts: [
      judge('loop delay beside logins, p99 ms', {relation: '<', bound: 20}, medians.beside.loopP99),
      judge('orders beside logins, of the rate allowed', {relation: '>=', bound: 0.9}, ratioAllowed),
    ],
  }

  async function cpuMs(run: () => Promise<unknown>): Promise<number> {
    await monitor.readLoop()
    await run()
    return (await monitor.readLoop()).cpuMs
  }

  async function measureOrders(): Promise<Measured & LoopDelay> {
    await monitor.readLoop()
    const rate = await measure(origin, orders, pace.seconds, signal)
    const {p99, max} = await monitor.readLoop()
    return {...rate, loopP99: p99, loopMax: max}
  }
}

/** Starts each login on time, even if the one before has not been answered. Returns their latencies. */
async function logInSteadily(origin: string, seconds: number, signal: AbortSignal): Promise<number[]> {
  const count = Math.round(seconds * loginsPerSecond)
  const start = performance.now()

  async function logInFrom(index: number): Promise<number[]> {
    if (index === count) return []
    await sleep(start + (index / loginsPerSecond) * 1000 - performance.now(), undefined, {signal})
    const [latency, later] = await Promise.all([logIn(origin), logInFrom(index + 1)])
    return [latency, ...later]
  }
  return logInFrom(0)
}

async function logIn(origin: string): Promise<number> {
  const connection = new HttpConnection(origin)
  try {
    await connection.opened()
    return await timeRequest(connection, login)
  } finally {
    connection.close()
  }
}
