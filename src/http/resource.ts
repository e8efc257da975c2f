import type {Request, RequestHandler, Response, Router} from 'express'

import type {PaymentSettings} from '../payment-settings.ts'
import type {AppContext} from './context.ts'
import {deprecationHeaders} from './deprecation.ts'
import {isAcceptable} from './drf/accept.ts'
import {basePathOf} from './edge/base-path.ts'
import type {Operation} from './openapi/operation.ts'
import {MethodNotAllowedError, NotAcceptableError} from './problems/http-errors.ts'

export type Method = 'DELETE' | 'GET' | 'POST' | 'PUT'

/** A path with its methods: how the API description shows them, and what serves them. */
export type Resource = {
  /** In OpenAPI notation, with the trailing slash that requests may omit. Parameters consist of digits only, or of `words`. */
  path: `/${string}`
  /** The names of parameters that consist of letters, digits and underscores. */
  words?: readonly string[]
  /** An older path that still works. */
  formerPath?: `/${string}`
  operations: Partial<Record<Method, Operation>>
  serve: (context: AppContext) => RequestHandler
}

/** What of the settings decides which resources a shop has, and how they are described. */
export type Limits = {
  /** The most items of an order. */
  orderItems: number
  /** The payment provider; undefined if the shop takes no payments. */
  provider?: PaymentSettings['provider'] | undefined
}

type Handler<Caller> = (request: Request, response: Response, caller: Caller) => Promise<void> | void

export type Handlers<Methods extends Method, Caller> = {
  /** Runs before the method is checked, so that a caller who is refused does not learn which methods exist. */
  enter: (request: Request) => Promise<Caller>
  methods: Record<Methods, Handler<Caller>>
}

const mediaTypes = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']

/** Adds HEAD to a resource with GET, OPTIONS to every resource, and 405 for all other methods. */
export function defineResource<Methods extends Method, Caller>({
  name,
  handle,
  ...resource
}: Omit<Resource, 'operations' | 'serve'> & {
  /** The name that Django REST Framework gives the view, for OPTIONS. */
  name: string
  operations: Record<Methods, Operation>
  /** Returns a handler for each operation. */
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
        if (!isAcceptable(request.headers.accept)) throw new NotAcceptableError()
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

/** Serves a resource at its path and at its former path. */
export function addResource(router: Router, resource: Resource, context: AppContext): void {
  const {path, formerPath, words, serve} = resource
  const serveResource = serve(context)
  const handle: RequestHandler = (request, response, next) => {
    // For the metrics and the traces, which name a path by its pattern.
    response.locals.route = path
    return serveResource(request, response, next)
  }
  router.all(toExpress(path, words), handle)
  if (formerPath === undefined) return

  router.all(toExpress(formerPath), async (request, response, next) => {
    response.set(deprecationHeaders(basePathOf(request) + path))
    await handle(request, response, next)
  })
}

/** For Express, a path without its trailing slash matches both spellings. Digit-only parameters need a pattern. */
function toExpress(path: string, words: readonly string[] = []): RegExp | string {
  if (!path.includes('{')) return path.replace(/\/$/, '')
  const pattern = path.replace(/\/$/, '').replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    return words.includes(name) ? String.raw`(?<${name}>\w+)` : String.raw`(?<${name}>\d+)`
  })
  return new RegExp(`^${pattern}/?$`)
}
