import type {Activity, BoundedCount, RecentSales} from '../../services/shop/activity.ts'
import {plural} from '../../text.ts'
import {formatBytes, formatCount} from '../show/format.ts'
import type {Snapshot} from './feed.ts'
import type {Latency, ServerFigures} from './figures.ts'

/** Something that the view says; `isAlarming` if whoever runs the shop should look at it. */
export type Fact = {text: string; isAlarming?: boolean}

export type FactLine = {label: string; facts: Fact[]}

export function listFacts({activity, sales, server}: Snapshot): FactLine[] {
  return [...shopFacts(activity, sales, server?.orders), ...(server ? serverFacts(server) : [])]
}

/** What the database knows, and how long a server's orders take. */
function shopFacts({ordersPerSecond, holds, payments}: Activity, sales: RecentSales, latency?: Latency): FactLine[] {
  const {orders, soldOut} = sales
  return [
    {
      label: 'Orders',
      facts: [
        {text: formatRate(ordersPerSecond)},
        ...(latency ? latencyFacts(latency) : []),
        {text: `${formatBounded(orders)} in the last hour`},
        ...when(soldOut > 0, {text: `${formatCount(soldOut)} of their products sold out`}),
      ],
    },
    {
      label: 'Holds',
      facts: [
        {
          text: `${formatCount(holds.units)} units in ${formatBounded(holds.lines)} ${plural(holds.lines.count, 'line')}`,
        },
        {text: `${formatCount(holds.endingSoon)} to end within a minute`},
        ...when(holds.expired > 0, {text: `${formatCount(holds.expired)} expired`}),
      ],
    },
    {label: 'Payments', facts: paymentFacts(payments)},
  ]
}

function paymentFacts({open, isCapped, overdue}: Activity['payments']): Fact[] {
  const pending = open.filter(({state}) => state !== 'mismatch')
  const mismatches = open.find(({state}) => state === 'mismatch')?.count ?? 0
  const count = pending.reduce((sum, each) => sum + each.count, 0)
  return [
    {text: `${formatBounded({count, isCapped})} pending`},
    ...pending.map((each) => ({
      text: `${each.state} ${formatCount(each.count)}`,
      isAlarming: each.state === 'unknown',
    })),
    ...when(overdue > 0, {text: `${formatCount(overdue)} overdue`, isAlarming: true}),
    ...when(mismatches > 0, {text: `mismatch ${formatCount(mismatches)}`, isAlarming: true}),
  ]
}

/** What the metrics of a server add. */
function serverFacts(figures: ServerFigures): FactLine[] {
  const {refusals, requests, logins, paymentCalls} = figures
  const refusedPerSecond = refusals.reduce((sum, {perSecond}) => sum + perSecond, 0)
  return [
    {label: 'Checkout', facts: checkoutFacts(figures)},
    {
      label: 'Refused',
      facts: [
        {text: formatRate(refusedPerSecond)},
        ...refusals.map(({code, count, perSecond}) => ({
          text: `${code} ${formatRate(perSecond)} (${formatCount(count)})`,
        })),
      ],
    },
    {
      label: 'Requests',
      facts: [
        {text: formatRate(requests.perSecond)},
        ...latencyFacts(requests),
        {text: `4xx ${formatRate(requests.clientErrorsPerSecond)}`},
        {text: `5xx ${formatRate(requests.serverErrorsPerSecond)}`, isAlarming: requests.serverErrorsPerSecond > 0},
        ...logins
          .filter(({perSecond}) => perSecond > 0)
          .map(({outcome, perSecond}) => ({text: `logins ${outcome} ${formatRate(perSecond)}`})),
        ...paymentCalls
          .filter(({outcome, perSecond}) => perSecond > 0 && outcome !== 'ok')
          .map(({outcome, perSecond}) => ({
            text: `provider ${outcome} ${formatRate(perSecond)}`,
            isAlarming: outcome !== 'refused',
          })),
      ],
    },
    {label: 'Server', facts: processFacts(figures)},
  ]
}

function checkoutFacts({checkout}: ServerFigures): Fact[] {
  const {queue, waitP99, batchMean, transactionP99, retriesPerSecond, unknownOutcomes} = checkout
  return [
    {text: `queue ${formatCount(queue)}`},
    {text: `wait p99 ${formatSeconds(waitP99)}`},
    {text: `transaction p99 ${formatSeconds(transactionP99)}`},
    {text: `batch ${batchMean === null ? '-' : batchMean.toFixed(1)}`},
    {text: `retries ${formatRate(retriesPerSecond)}`},
    {text: `unknown outcomes ${formatCount(unknownOutcomes)}`, isAlarming: unknownOutcomes > 0},
  ]
}

function processFacts({connections, eventLoopP99, memoryBytes}: ServerFigures): Fact[] {
  return [
    ...connections.map(({pool, used, max, waiting}, index) => ({
      text: `${index === 0 ? 'connections: ' : ''}${pool} ${used}${max === null ? '' : `/${max}`}${waiting > 0 ? `, ${formatCount(waiting)} wait` : ''}`,
      isAlarming: waiting > 0,
    })),
    {text: `event loop p99 ${formatSeconds(eventLoopP99)}`, isAlarming: (eventLoopP99 ?? 0) > slowEventLoop},
    ...(memoryBytes === null ? [] : [{text: `memory ${formatBytes(memoryBytes)}`}]),
  ]
}

/** As in the alert, in seconds. */
const slowEventLoop = 0.25

function latencyFacts({p50, p99}: Latency): Fact[] {
  return [{text: `p50 ${formatSeconds(p50)}`}, {text: `p99 ${formatSeconds(p99)}`}]
}

function when(isSo: boolean, fact: Fact): Fact[] {
  return isSo ? [fact] : []
}

function formatBounded({count, isCapped}: BoundedCount): string {
  return `${formatCount(count)}${isCapped ? '+' : ''}`
}

/** `12.3/s` */
function formatRate(perSecond: number): string {
  return `${perSecond < 100 ? Number(perSecond.toFixed(1)) : formatCount(Math.round(perSecond))}/s`
}

/** `4.2 ms` or `1.3 s`; `-` if it is not known. */
function formatSeconds(seconds: number | null): string {
  if (seconds === null) return '-'
  if (seconds < 0.0001) return '0 ms'
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(2))} ms` : `${Number(seconds.toPrecision(2))} s`
}

/** How long something lasts, roughly: `45 s`, `12 min`, `3 h` or `2 d`. */
export function formatRoughly(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${formatCount(Math.round(seconds / 86_400))} d`
}
