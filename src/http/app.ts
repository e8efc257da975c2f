import express, {type Express} from 'express'
import type {Knex} from 'knex'

import type {Currency} from '../money.ts'
import type {CheckoutQueue} from '../services/checkout/queue.ts'
import type {Bcrypt} from '../services/accounts/passwords.ts'
import type {FindTokenUser} from '../services/accounts/tokens.ts'
import {createDocsPage} from './docs/docs-page.ts'
import {handleErrors} from './problems/handle-errors.ts'
import {type Log, logRequests} from './log.ts'
import {HttpProblem} from './problems/problem.ts'
import {addResource} from './resource.ts'
import {resources} from './resources.ts'
import type {TaggedJson} from './tagged-json.ts'

/** What the handlers work with. Whoever makes it also closes it. */
export type AppContext = {
  db: Knex
  findTokenUser: FindTokenUser
  checkout: CheckoutQueue
  bcrypt: Bcrypt
  log: Log
  currency: Currency
  tokenDays: number
  /** In Express's notation. */
  trustProxy: string
  /** The description of the API: `describeApi`, once. */
  description: TaggedJson
}

/** The HTTP edge, listening nowhere yet. */
export function createApp(context: AppContext): Express {
  const app = express()
  app.set('trust proxy', context.trustProxy)
  app.set('case sensitive routing', true)
  app.set('query parser', false)
  app.disable('x-powered-by')
  app.disable('etag')

  app.use(logRequests(context.log))
  for (const resource of resources) addResource(app, resource, context)
  app.use(createDocsPage())
  app.use(() => {
    throw new HttpProblem('not_found', 'Not found.')
  })
  app.use(handleErrors(context.log))
  return app
}
