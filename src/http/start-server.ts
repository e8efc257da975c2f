import type {Knex} from 'knex'
import type {Logger} from 'pino'

import type {Config} from '../config.ts'
import {createBcryptPool} from '../services/accounts/bcrypt-pool.ts'
import {CheckoutQueue} from '../services/checkout/queue.ts'
import {createTokenLookup} from '../services/accounts/tokens.ts'
import {createApp} from './app.ts'
import {describeApi} from './openapi/describe-api.ts'
import {createResources} from './resources.ts'
import {listen, type RunningServer} from './listener.ts'
import {tagJson} from './tagged-json.ts'

/**
 * Serves the shop over HTTP until it is closed. Closing finishes the requests in flight and ends the bcrypt threads; it
 * leaves the database open.
 */
export async function startServer(
  db: Knex,
  log: Logger,
  config: Pick<Config, 'checkout' | 'currency' | 'hosts' | 'orderItems' | 'tokenDays' | 'trustProxy'> & {
    host: string
    port: number
  },
): Promise<RunningServer> {
  const bcrypt = createBcryptPool({threads: 1})
  const checkout = new CheckoutQueue(db, config.checkout)
  const resources = createResources(config)
  const description = tagJson(describeApi(resources))
  const findTokenUser = createTokenLookup(db)
  const app = createApp({...config, db, findTokenUser, checkout, bcrypt, log, description}, resources)
  try {
    const server = await listen(app, config)
    return {
      url: server.url,
      async close(graceMs) {
        await server.close(graceMs)
        await checkout.drain()
        await bcrypt.close()
      },
    }
  } catch (error) {
    await bcrypt.close()
    throw error
  }
}
