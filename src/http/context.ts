import type {Knex} from 'knex'

import type {Gateway} from '../gateways/gateway.ts'
import type {ProviderHealth} from '../gateways/health.ts'
import type {TestGateway} from '../gateways/test-provider/test-gateway.ts'
import type {ReadRows} from '../db/replicas/replicas.ts'
import type {ShopMetrics} from '../metrics/shop-metrics.ts'
import type {Currency} from '../money.ts'
import type {PaymentSettings} from '../payment-settings.ts'
import type {BcryptPool} from '../services/accounts/bcrypt-pool.ts'
import type {LoginLimits} from '../login-limits.ts'
import type {FindTokenUser} from '../services/accounts/tokens.ts'
import type {CheckoutQueue} from '../services/checkout/queue.ts'
import type {FindMethod} from '../services/payments/methods.ts'
import type {ReceiveEvent} from '../services/payments/events.ts'
import type {PayNow} from '../services/payments/pay-now.ts'
import type {SettleSettings} from '../services/payments/settle.ts'
import type {OrderCallers} from './auth/order-caller.ts'
import type {Tracing} from '../tracing.ts'
import type {Log} from './log.ts'
import type {Readiness} from './readiness.ts'
import type {TaggedJson} from './tagged-json.ts'

/** What every handler can reach. The creator of a context also closes its contents. */
export type AppContext = {
  db: Knex
  /** A connection pool for public reads, so that they never wait for orders, nor orders for them. */
  reads: Knex
  /** A connection pool for logins, so that a flood of them takes no connection from other requests. */
  logins: Knex
  /** Read lists and products, or orders, on replicas, if the shop has some. */
  readCatalogue: ReadRows
  readOrders: ReadRows
  /** Whether users read replicas, so that what they write must be noted. */
  notesWrites: boolean
  findTokenUser: FindTokenUser
  /** The same for requests that need no token, on the connections of public reads. */
  findReader: FindTokenUser
  checkout: CheckoutQueue
  /** Whoever orders, or changes a basket. */
  callers: OrderCallers
  bcrypt: Pick<BcryptPool, 'takeTurn'>
  log: Log
  /** Whether this process should get requests. */
  readiness: Pick<Readiness, 'check'>
  /** Undefined if nobody wants metrics, or traces. */
  metrics: ShopMetrics | undefined
  tracing: Tracing | undefined
  currency: Currency
  tokenDays: number
  loginLimits: LoginLimits
  /** Express's `trust proxy` setting. */
  trustProxy: string
  /** The host names of the shop; with none, any name will do. */
  hosts: readonly string[]
  /** The path below which clients find the shop, as in `SHOP_BASE_PATH`. */
  basePath: string
  /** The origins whose pages may call the shop. */
  corsOrigins: readonly string[]
  /** The OpenAPI document for the path below which a client finds the shop. */
  description: (basePath: string) => TaggedJson
  /** Undefined if the shop takes no payments. */
  payments: PaymentContext | undefined
}

export type PaymentContext = {
  /** Whether an order that costs something must be paid. */
  isRequired: boolean
  capture: PaymentSettings['capture']
  gateway: Gateway
  findMethod: FindMethod
  /** Charges an order that was just placed. */
  payNow: PayNow
  receiveEvent: ReceiveEvent
  /** The gateway, if it is the test provider. */
  testGateway: TestGateway | undefined
  health: ProviderHealth
  settings: SettleSettings
  /** How long a request waits for the provider. What is not decided by then is left to the background work. */
  waitMs: number
  /** Aborts when the server closes. */
  signal: AbortSignal
}
