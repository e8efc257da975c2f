import type {Knex} from 'knex'

import type {Currency} from '../money.ts'
import type {BcryptPool} from '../services/accounts/bcrypt-pool.ts'
import type {FindTokenUser} from '../services/accounts/tokens.ts'
import type {CheckoutQueue} from '../services/checkout/queue.ts'
import type {OrderCallers} from './auth/order-caller.ts'
import type {Log} from './log.ts'
import type {TaggedJson} from './tagged-json.ts'

/** What every handler can reach. The creator of a context also closes its contents. */
export type AppContext = {
  db: Knex
  /** A connection pool for public reads, so that they never wait for orders, nor orders for them. */
  reads: Knex
  findTokenUser: FindTokenUser
  /** The same for requests that need no token, on the connections of public reads. */
  findReader: FindTokenUser
  checkout: CheckoutQueue
  /** Whoever orders, or changes a basket. */
  callers: OrderCallers
  bcrypt: Pick<BcryptPool, 'check'>
  log: Log
  currency: Currency
  tokenDays: number
  /** Express's `trust proxy` setting. */
  trustProxy: string
  /** The host names of the shop; with none, any name will do. */
  hosts: readonly string[]
  /** The OpenAPI document, serialized once. */
  description: TaggedJson
}
