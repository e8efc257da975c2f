import express, {type Express} from 'express'

import type {AppContext} from './context.ts'
import {createDocsPage} from './docs/docs-page.ts'
import {logRequests} from './log.ts'
import {traceRequests} from './trace-requests.ts'
import {handleErrors} from './problems/handle-errors.ts'
import {NotFoundError} from './problems/http-errors.ts'
import {addResource, type Resource} from './resource.ts'

/** Builds the HTTP application. It does not listen yet. */
export function createApp(context: AppContext, resources: readonly Resource[]): Express {
  const app = express()
  app.set('trust proxy', context.trustProxy)
  app.set('hosts', context.hosts)
  app.set('case sensitive routing', true)
  app.set('query parser', false)
  app.disable('x-powered-by')
  app.disable('etag')

  app.use(logRequests(context.log, context.metrics))
  if (context.tracing) app.use(traceRequests(context.tracing))
  app.use((_request, response, next) => {
    // Keeps browsers from taking an answer for HTML, whatever a product is called.
    response.setHeader('x-content-type-options', 'nosniff')
    next()
  })
  for (const resource of resources) addResource(app, resource, context)
  app.use(createDocsPage())
  app.use(() => {
    throw new NotFoundError()
  })
  app.use(handleErrors(context.log))
  return app
}
