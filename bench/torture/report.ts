import {createTable} from '../tables.ts'
import type {Arguments} from './arguments.ts'
import {groupBy} from './check/group-by.ts'
import {median} from './flow.ts'
import type {Attempt} from './history.ts'
import type {Results} from './torture.ts'

type Counts = Record<string, number>

export type Report = {
  seed: number
  minutes: number
  clients: number
  requests: number
  answers: Counts
  requestsByKind: Counts
  failures: Counts
  /** Orders that clients were told of. */
  confirmed: number
  /** Orders in the tables, and how many of them are cancelled and paid. */
  orders: number
  cancelled: number
  paid: number
  lost: number
  doubled: number
  oversold: number
  wrong: number
  audits: number
  faults: {fault: string; count: number; median: number; max: number}[]
  strikes: Results['struck']
  /** Faults that were left out, and why. */
  missing: string[]
  findings: Results['findings']
  history: string
}

/** What is printed, with `--json` as it is. */
export function summarize(args: Arguments, attempts: Attempt[], {findings, struck, audits, books}: Results): Report {
  const purchases = attempts.filter(({request}) => request.kind === 'order' || request.kind === 'checkout')
  const confirmed = new Set(purchases.flatMap(({outcome}) => (outcome?.type === 'ok' ? (outcome.orderId ?? []) : [])))
  const ofKind = (kind: string): number => findings.filter((finding) => finding.kind === kind).length
  return {
    seed: args.seed,
    minutes: args.minutes,
    clients: args.clients,
    requests: attempts.length,
    answers: countBy(attempts, ({outcome}) => outcome?.type ?? 'unknown'),
    requestsByKind: countBy(attempts, ({request}) => request.kind),
    failures: countBy(
      attempts.filter(({outcome}) => outcome?.type !== 'ok'),
      ({outcome}) => (outcome && 'code' in outcome ? `${outcome.type}: ${outcome.code}` : 'unknown: no answer'),
    ),
    confirmed: confirmed.size,
    orders: books.orders.length,
    cancelled: books.orders.filter(({status}) => status === 'cancelled').length,
    paid: books.orders.filter(({paymentStatus}) => paymentStatus === 'paid').length,
    lost: ofKind('lost'),
    doubled: ofKind('doubled'),
    oversold: ofKind('oversold'),
    wrong: ofKind('wrong'),
    audits,
    faults: [...groupBy(struck, ({fault}) => fault)].map(([fault, strikes]) => {
      const seconds = strikes.map((strike) => strike.seconds)
      return {fault, count: strikes.length, median: median(seconds), max: Math.max(...seconds)}
    }),
    strikes: struck,
    missing: args.missing,
    findings,
    history: args.history,
  }
}

function countBy<Item>(items: Item[], nameOf: (item: Item) => string): Counts {
  const counts = [...groupBy(items, nameOf)].map(([name, {length}]): [string, number] => [name, length])
  return Object.fromEntries(counts.sort(([, one], [, other]) => other - one))
}

export function reportAsText(report: Report): string {
  const {seed, minutes, clients, answers, failures, findings, faults} = report
  const totals = createTable([`seed ${seed}, ${minutes} minutes, ${clients} clients`, ''])
  totals.push(
    ['requests', String(report.requests)],
    ...Object.entries(answers).map(([type, count]) => [`  ${type}`, String(count)]),
    ['orders confirmed', String(report.confirmed)],
    ['orders in the tables', String(report.orders)],
    ['  paid', String(report.paid)],
    ['  cancelled', String(report.cancelled)],
    ['audits of the stock meanwhile', String(report.audits)],
    ['lost', String(report.lost)],
    ['doubled', String(report.doubled)],
    ['oversold', String(report.oversold)],
    ['otherwise wrong', String(report.wrong)],
  )
  const failed = createTable(['failures', 'count'])
  failed.push(...Object.entries(failures).map(([name, count]) => [name, String(count)]))
  const struck = createTable(['faults', 'count', 'median s without orders', 'max'])
  struck.push(...faults.map(({fault, count, median, max}) => [fault, String(count), median.toFixed(1), max.toFixed(1)]))
  return [
    totals.toString(),
    failed.toString(),
    ...(faults.length > 0 ? [struck.toString()] : []),
    ...report.missing.map((text) => `Left out: ${text}`),
    ...findings.map(
      ({kind, text, requests}) => `${kind}: ${text}${requests.length > 0 ? ` Requests ${requests.join(', ')}.` : ''}`,
    ),
    `The history: ${report.history}`,
    '',
  ].join('\n')
}
