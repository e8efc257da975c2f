import type {BoundedCount, SellingProduct} from '../../services/shop/activity.ts'
import type {Snapshot} from './feed.ts'
import type {Latency, ServerFigures} from './figures.ts'

type CountJson = {count: number; is_capped: boolean}

type ProductJson = {
  id: number
  name: string
  units: number
  free: number
  held: number
  seconds_left: number | null
}

type LatencyJson = {per_second: number; p50_seconds: number | null; p99_seconds: number | null}

/** What `shop top --once --json` prints. */
export type TopJson = {
  read_at: string
  orders: {per_second: number; last_hour: CountJson}
  holds: {lines: CountJson; units: number; ending_soon: number; expired: number}
  payments: {open: {state: string; count: number}[]; is_capped: boolean; overdue: number}
  sales: {since: string; best_sellers: ProductJson[]; running_out: ProductJson[]; sold_out: number}
  server: ServerJson | null
  metrics_problem: string | null
}

type ServerJson = {
  seconds: number
  requests: LatencyJson & {client_errors_per_second: number; server_errors_per_second: number}
  orders: LatencyJson & {placed_per_second: number}
  refusals: {code: string; count: number; per_second: number}[]
  checkout: {
    queue: number
    wait_p99_seconds: number | null
    batch_mean: number | null
    transaction_p99_seconds: number | null
    retries_per_second: number
    unknown_outcomes: number
  }
  payment_calls: {outcome: string; per_second: number}[]
  logins: {outcome: string; per_second: number}[]
  connections: ServerFigures['connections']
  event_loop_p99_seconds: number | null
  memory_bytes: number | null
}

export function topJson({activity, sales, server, metricsProblem}: Snapshot): TopJson {
  const {readAt, ordersPerSecond, holds, payments} = activity
  return {
    read_at: readAt,
    orders: {per_second: ordersPerSecond, last_hour: countJson(sales.orders)},
    holds: {
      lines: countJson(holds.lines),
      units: holds.units,
      ending_soon: holds.endingSoon,
      expired: holds.expired,
    },
    payments: {open: payments.open, is_capped: payments.isCapped, overdue: payments.overdue},
    sales: {
      since: sales.since,
      best_sellers: sales.bestSellers.map(productJson),
      running_out: sales.runningOut.map(productJson),
      sold_out: sales.soldOut,
    },
    server: server ? serverJson(server) : null,
    metrics_problem: metricsProblem ?? null,
  }
}

function countJson({count, isCapped}: BoundedCount): CountJson {
  return {count, is_capped: isCapped}
}

function productJson({id, name, units, free, held, secondsLeft}: SellingProduct): ProductJson {
  return {id, name, units, free, held, seconds_left: secondsLeft}
}

function serverJson({requests, orders, refusals, checkout, paymentCalls, logins, ...rest}: ServerFigures): ServerJson {
  const rates = (outcomes: ServerFigures['logins']): ServerJson['logins'] =>
    outcomes.map(({outcome, perSecond}) => ({outcome, per_second: perSecond}))
  return {
    seconds: rest.seconds,
    requests: {
      ...latencyJson(requests),
      client_errors_per_second: requests.clientErrorsPerSecond,
      server_errors_per_second: requests.serverErrorsPerSecond,
    },
    orders: {...latencyJson(orders), placed_per_second: orders.placedPerSecond},
    refusals: refusals.map(({code, count, perSecond}) => ({code, count, per_second: perSecond})),
    checkout: {
      queue: checkout.queue,
      wait_p99_seconds: checkout.waitP99,
      batch_mean: checkout.batchMean,
      transaction_p99_seconds: checkout.transactionP99,
      retries_per_second: checkout.retriesPerSecond,
      unknown_outcomes: checkout.unknownOutcomes,
    },
    payment_calls: rates(paymentCalls),
    logins: rates(logins),
    connections: rest.connections,
    event_loop_p99_seconds: rest.eventLoopP99,
    memory_bytes: rest.memoryBytes,
  }
}

function latencyJson({perSecond, p50, p99}: Latency): LatencyJson {
  return {per_second: perSecond, p50_seconds: p50, p99_seconds: p99}
}
