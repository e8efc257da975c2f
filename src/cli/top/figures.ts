import type {Scrapes} from './metrics.ts'

/** What the metrics of one server say of the time between two scrapes. Times are in seconds. */
export type ServerFigures = {
  seconds: number
  requests: Latency & {clientErrorsPerSecond: number; serverErrorsPerSecond: number}
  /** Orders and checkouts of baskets. */
  orders: Latency & {placedPerSecond: number}
  /** By code, the most frequent first. Counted since the server started. */
  refusals: {code: string; count: number; perSecond: number}[]
  checkout: {
    queue: number
    waitP99: number | null
    batchMean: number | null
    transactionP99: number | null
    retriesPerSecond: number
    unknownOutcomes: number
  }
  paymentCalls: Outcome[]
  logins: Outcome[]
  connections: {pool: string; used: number; idle: number; waiting: number; max: number | null}[]
  eventLoopP99: number | null
  memoryBytes: number | null
}

export type Latency = {perSecond: number; p50: number | null; p99: number | null}

type Outcome = {outcome: string; perSecond: number}

const duration = 'shop_http_request_duration_seconds'
const orderRoutes = {route: ['/orders/create/', '/basket/checkout/']}

export function serverFigures(scrapes: Scrapes): ServerFigures {
  const statuses = scrapes.by('status', `${duration}_count`)
  const rateOf = (isWanted: (status: number) => boolean): number =>
    statuses.filter(({key}) => isWanted(Number(key))).reduce((sum, {rate}) => sum + rate, 0)
  return {
    seconds: scrapes.seconds,
    requests: {
      ...latency(scrapes),
      clientErrorsPerSecond: rateOf((status) => status >= 400 && status < 500),
      serverErrorsPerSecond: rateOf((status) => status >= 500),
    },
    orders: {...latency(scrapes, orderRoutes), placedPerSecond: scrapes.rate('shop_orders_placed_total') ?? 0},
    refusals: scrapes
      .by('code', 'shop_orders_refused_total')
      .filter(({value}) => value > 0)
      .map(({key, value, rate}) => ({code: key, count: value, perSecond: rate}))
      .sort((one, other) => other.perSecond - one.perSecond || other.count - one.count),
    checkout: {
      queue: scrapes.value('shop_checkout_queue_jobs') ?? 0,
      waitP99: scrapes.quantile(0.99, 'shop_checkout_wait_seconds') ?? null,
      batchMean: scrapes.mean('shop_checkout_batch_jobs') ?? null,
      transactionP99: scrapes.quantile(0.99, 'shop_checkout_transaction_seconds') ?? null,
      retriesPerSecond: scrapes.rate('shop_checkout_retries_total') ?? 0,
      unknownOutcomes: scrapes.value('shop_checkout_unknown_outcomes_total') ?? 0,
    },
    paymentCalls: outcomes(scrapes, 'shop_payment_calls_total'),
    logins: outcomes(scrapes, 'shop_logins_total'),
    connections: connections(scrapes),
    eventLoopP99: scrapes.value('nodejs_eventloop_lag_p99_seconds') ?? null,
    memoryBytes: scrapes.value('process_resident_memory_bytes') ?? null,
  }
}

function latency(scrapes: Scrapes, wanted = {}): Latency {
  return {
    perSecond: scrapes.rate(`${duration}_count`, wanted) ?? 0,
    p50: scrapes.quantile(0.5, duration, wanted) ?? null,
    p99: scrapes.quantile(0.99, duration, wanted) ?? null,
  }
}

function outcomes(scrapes: Scrapes, name: string): Outcome[] {
  return scrapes.by('outcome', name).map(({key, rate}) => ({outcome: key, perSecond: rate}))
}

function connections(scrapes: Scrapes): ServerFigures['connections'] {
  const name = 'shop_database_connections'
  return scrapes.by('pool', name).map(({key: pool}) => {
    const count = (state: string): number => scrapes.value(name, {pool, state}) ?? 0
    const max = scrapes.value(`${name}_max`, {pool}) ?? null
    return {pool, used: count('used'), idle: count('idle'), waiting: count('waiting'), max}
  })
}
