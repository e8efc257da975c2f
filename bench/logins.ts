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
  scenario: string
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

export type LoginScenario = {
  name: string
  perSecond: number
  /** Counts from 0 in each round. */
  request: (n: number) => HttpRequest
  statuses: number[]
  /** A round is so many times as long as for other scenarios. */
  seconds: number
}

const {username, password} = shopUser

export const loginScenarios: LoginScenario[] = [
  {
    name: 'orders beside logins, 1 product, 64 conn.',
    perSecond: 5,
    request: () => ({method: 'POST', path: '/auth/login/', body: {username, password}}),
    statuses: [200],
    seconds: 1,
  },
  {
    // With six rounds, a minute. From addresses that differ, so that some are always checked, limited and refused as too many.
    name: 'orders beside a flood of logins, 1 product, 64 conn.',
    perSecond: 200,
    request: (n) => ({
      method: 'POST',
      path: '/auth/login/',
      body: {username: `user-${n % 400}`, password: `guess-${n}`},
      forwardedFor: `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::1`,
    }),
    statuses: [400, 429, 503],
    seconds: 10,
  },
]

const orders = orderLoad('hot', 64)

/**
 * Measures orders alone and beside logins, in turn. Hashing costs CPU wherever it is done, so orders are compared with the
 * rate that is possible: their rate alone, times the part of all cores that the logins leave. The CPU time of the logins
 * is measured first, while nothing else runs: that of the shop's processes, minus what they take without any request.
 */
export async function compareLogins(
  scenario: LoginScenario,
  {shop: {origin, monitor}, pace, signal}: Bench,
): Promise<LoginComparison> {
  const seconds = pace.seconds * scenario.seconds
  const logInSteadily = async (duration: number): Promise<number[]> =>
    keepLoggingIn(scenario, {origin, seconds: duration, signal})
  await logInSteadily(pace.warmUpSeconds)
  const idle = await cpuMs(async () => sleep(seconds * 1000, undefined, {signal}))
  const busy = await cpuMs(async () => logInSteadily(seconds))
  const loginCores = (busy - idle) / (seconds * 1000)

  const alone: (Measured & LoopDelay)[] = []
  const beside: (Measured & LoopDelay)[] = []
  const latencies: number[] = []
  await measure(origin, orders, pace.warmUpSeconds, signal)
  for (let round = 0; round < pace.rounds; round++) {
    alone.push(await measureOrders())
    const [both, taken] = await Promise.all([measureOrders(), logInSteadily(seconds)])
    beside.push(both)
    latencies.push(...taken)
  }

  const medians = {alone: medianOf(alone), beside: medianOf(beside)}
  const ratio = median(beside.map(({perSecond}, round) => perSecond / (alone[round]?.perSecond ?? Number.NaN)))
  const cores = availableParallelism()
  const ratioAllowed = ratio / ((cores - loginCores) / cores)
  return {
    scenario: scenario.name,
    ...medians,
    logins: measured(latencies, pace.rounds * seconds),
    loginCores,
    ratio,
    ratioAllowed,
    verdicts: [
      judge(`loop delay, p99 ms: ${scenario.name}`, {relation: '<', bound: 20}, medians.beside.loopP99),
      judge(`of the rate allowed: ${scenario.name}`, {relation: '>=', bound: 0.9}, ratioAllowed),
    ],
  }

  async function cpuMs(run: () => Promise<unknown>): Promise<number> {
    await monitor.readLoop()
    await run()
    return (await monitor.readLoop()).cpuMs
  }

  async function measureOrders(): Promise<Measured & LoopDelay> {
    await monitor.readLoop()
    const rate = await measure(origin, orders, seconds, signal)
    const {p99, max} = await monitor.readLoop()
    return {...rate, loopP99: p99, loopMax: max}
  }
}

/** Starts each login on time, even if the one before has not been answered. Returns their latencies. */
async function keepLoggingIn(
  {perSecond, request, statuses}: LoginScenario,
  {origin, seconds, signal}: {origin: string; seconds: number; signal: AbortSignal},
): Promise<number[]> {
  const count = Math.round(seconds * perSecond)
  const start = performance.now()

  async function logInFrom(index: number): Promise<number[]> {
    if (index === count) return []
    await sleep(start + (index / perSecond) * 1000 - performance.now(), undefined, {signal})
    const [latency, later] = await Promise.all([logIn(origin, request(index), statuses), logInFrom(index + 1)])
    return [latency, ...later]
  }
  return logInFrom(0)
}

async function logIn(origin: string, request: HttpRequest, statuses: number[]): Promise<number> {
  const connection = new HttpConnection(origin)
  try {
    await connection.opened()
    return await timeRequest(connection, {request: () => request, status: statuses})
  } finally {
    connection.close()
  }
}
