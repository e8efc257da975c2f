import type {IncomingMessage, ServerResponse} from 'node:http'

import type {RequestHandler} from 'express'
import helmet from 'helmet'

const hsts = 'max-age=31536000'

/**
 * Headers of every answer: what helmet sets for an API, asked once, because asking helmet for each request costs a third
 * more. The page at /docs/ has a policy of its own. What is not marked otherwise belongs to a user, or changes at once.
 */
export const securityHeaders: readonly (readonly [name: string, value: string])[] = Object.freeze([
  ...headersOfHelmet(),
  ['Cache-Control', 'private, no-store'],
])

/** `Strict-Transport-Security` is for clients that came by TLS: a shop on a developer's machine has none. */
export function setSecurityHeaders(): RequestHandler {
  return (request, response, next) => {
    for (const [name, value] of securityHeaders) response.setHeader(name, value)
    if (request.secure) response.setHeader('Strict-Transport-Security', hsts)
    next()
  }
}

function headersOfHelmet(): [name: string, value: string][] {
  const headers: [string, string][] = []
  const request = {} as unknown as IncomingMessage
  const response = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  }
  const set = helmet({
    contentSecurityPolicy: {useDefaults: false, directives: {defaultSrc: ["'none'"], frameAncestors: ["'none'"]}},
    referrerPolicy: {policy: 'no-referrer'},
    strictTransportSecurity: false,
    // These are for pages.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    // `frame-ancestors` says it.
    xFrameOptions: false,
  })
  set(request, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error as Error
  })
  return headers
}
