import {hash} from 'node:crypto'

import type {Request, Response} from 'express'

/** A JSON body and its entity tag. */
export type TaggedJson = {body: Buffer; tag: string}

export function tagJson(json: unknown): TaggedJson {
  const body = Buffer.from(JSON.stringify(json))
  return {body, tag: `"${hash('sha1', body, 'base64url')}"`}
}

/** The request headers that public answers depend on: an invalid token is refused even where none is needed. */
const publicVary = 'Accept, Authorization'

/**
 * Answers 304 without a body if the request's If-None-Match has the tag. `vary` names the headers that the answer depends
 * on.
 */
export function sendTagged(request: Request, response: Response, {body, tag}: TaggedJson, vary = publicVary): void {
  response.set({etag: tag, 'cache-control': 'no-cache'}).vary(vary)
  if (matches(request.get('if-none-match'), tag)) response.status(304).end()
  else response.type('json').send(body)
}

/**
 * Compares weakly, as RFC 9110 requires: a proxy that compresses a response weakens its tag. Express's `fresh` would
 * not do, because it yields to the `Cache-Control: no-cache` that browsers and Node's fetch send with an If-None-Match.
 */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((listed) => listed.trim().replace(/^W\//, '') === tag)
}
