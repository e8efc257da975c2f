import type {Request, RequestHandler} from 'express'

import {parseBasePath} from '../../base-path.ts'

type TrustsAddress = (address: string | undefined, hop: number) => boolean

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
export function basePathOf({app, headers, socket}: Request): string {
  const forwarded = headers['x-forwarded-prefix']
  const trusts = app.get('trust proxy fn') as TrustsAddress
  if (typeof forwarded === 'string' && trusts(socket.remoteAddress, 0)) {
    const path = parseBasePath(forwarded)
    if (path !== undefined) return path
  }
  return app.get('base path') as string
}
