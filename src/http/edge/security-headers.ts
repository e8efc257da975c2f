import type {IncomingMessage, ServerResponse} from 'node:http'
import type {Socket} from 'node:net'

import type {Request, Response} from 'express'
import helmet from 'helmet'

import {trustsProxy} from './trust.ts'

const hsts = 'max-age=31536000'

/**
 * Headers of every answer: what helmet sets for an API, asked once, because asking helmet for each request costs a third
 * more. The page at /docs/ has a policy of its own. What is not marked otherwise belongs to a user, or changes at once.
 */
export const securityHeaders: readonly (readonly [name: string, value: string])[] = Object.freeze([
  ...headersOfHelmet(),
  ['Cache-Control', 'private, no-store'],
])

/**
 * Sets them, and `Strict-Transport-Security` for clients that came by TLS, as a proxy says. Whether a proxy is trusted is
 * asked once for each connection.
 */
export function createHeaderSetter(): (request: Request, response: Response) => void {
  const trusted = new WeakMap<Socket, boolean>()

  function cameByTls(request: Request): boolean {
    if (request.headers['x-forwarded-proto']?.toString().startsWith('https') !== true) return false
    const {socket} = request
    let isTrusted = trusted.get(socket)
    if (isTrusted === undefined) {
      isTrusted = trustsProxy(request)
      trusted.set(socket, isTrusted)
    }
    return isTrusted
  }

  return (request, response) => {
    for (const [name, value] of securityHeaders) response.setHeader(name, value)
    if (cameByTls(request)) response.setHeader('Strict-Transport-Security', hsts)
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
