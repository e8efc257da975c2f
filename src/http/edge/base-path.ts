import type {Request, RequestHandler} from 'express'

import {parseBasePath} from '../../base-path.ts'
import {trustsProxy} from './trust.ts'

/** Serves the shop below a path as well, for a proxy that passes paths on as they are. */
export function serveBelow(basePath: string): RequestHandler {
  return (request, _response, next) => {
    const {url} = request
    if (url.startsWith(`${basePath}/`)) request.url = url.slice(basePath.length)
    else if (url === basePath || url.startsWith(`${basePath}?`)) request.url = `/${url.slice(basePath.length)}`
    next()
  }
}

/**
 * What the client's paths have in front of the shop's: the `X-Forwarded-Prefix` of a trusted proxy, or else
 * `SHOP_BASE_PATH`.
 */
export function basePathOf(request: Request): string {
  const forwarded = request.headers['x-forwarded-prefix']
  if (typeof forwarded === 'string' && trustsProxy(request)) {
    const path = parseBasePath(forwarded)
    if (path !== undefined) return path
  }
  return request.app.get('base path') as string
}
