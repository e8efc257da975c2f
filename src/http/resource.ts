import type {Request, RequestHandler, Response, Router} from 'express'

import type {AppContext} from './context.ts'
import {deprecationHeaders} from './deprecation.ts'
import type {Operation} from './openapi/operation.ts'
import {MethodNotAllowedError, NotAcceptableError} from './problems/http-errors.ts'

export type Method = 'GET' | 'POST' | 'PUT'

/** One address with its methods: how they are described, and what serves them. */
export type Resource = {
  /** As OpenAPI writes it, with the slash at the end that requests may leave out. A parameter has digits only. */
  path: `/${string}`
  /** An address that it had before, which does the same. */
  formerPath?: `/${string}`
  operations: Partial<Record<Method, Operation>>
  serve: (context: AppContext) => RequestHandler
}

type Handler<Caller> = (request: Request, response: Response, caller: Caller) => Promise<void> | void

export type Handlers<Methods extends Method, Caller> = {
  /** Runs before the method is looked at: who may not come in does not learn what there is. */
  enter: (request: Request) => Promise<Caller>
  methods: Record<Methods, Handler<Caller>>
}

const mediaTypes = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']

/** A resource that has HEAD where it has GET, OPTIONS that describes it, and 405 for the rest. */
export function defineResource<Methods extends Method, Caller>({
  name,
  handle,
  ...resource
}: Omit<Resource, 'operations' | 'serve'> & {
  /** As Django REST Framework names the view, for OPTIONS. */
  name: string
  operations: Record<Methods, Operation>
  /** A handler for each of the operations. */
  handle: (context: AppContext) => Handlers<NoInfer<Methods>, Caller>
}): Resource {
  const names = Object.keys(resource.operations)
  const allow = [...names, ...(names.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')

  return {
    ...resource,
    serve(context) {
      const {enter, methods} = handle(context)
      const handlers: Partial<Record<string, Handler<Caller>>> = methods

      return async (request, response) => {
        if (!request.accepts(['application/json', 'application/problem+json', 'text/html'])) {
          throw new NotAcceptableError()
        }
        const caller = await enter(request)

        const method = request.method === 'HEAD' ? 'GET' : request.method
        if (method === 'OPTIONS') {
          response.set('allow', allow).json({name, description: '', renders: ['application/json'], parses: mediaTypes})
          return
        }
        const handler = names.includes(method) ? handlers[method] : undefined
        if (!handler) throw new MethodNotAllowedError(request.method, allow)
        await handler(request, response, caller)
      }
    },
  }
}

/** At its path, and at its former one. */
export function addResource(router: Router, {path, formerPath, serve}: Resource, context: AppContext): void {
  const handle = serve(context)
  router.all(toExpress(path), handle)
  if (formerPath === undefined) return

  const headers = deprecationHeaders(path)
  router.all(toExpress(formerPath), async (request, response, next) => {
    response.set(headers)
    await handle(request, response, next)
  })
}

/** Express takes a path without its slash for both spellings; only a pattern has parameters of digits. */
function toExpress(path: string): RegExp | string {
  if (!path.includes('{')) return path.replace(/\/$/, '')
  return new RegExp(`^${path.replace(/\/$/, '').replaceAll(/\{(\w+)\}/g, String.raw`(?<$1>\d+)`)}/?$`)
}
