import {hash} from 'node:crypto'

import type {Request, Response} from 'express'

/** A body with the tag that its bytes have. */
export type TaggedJson = {body: Buffer; tag: string}

export function tagJson(json: unknown): TaggedJson {
  const body = Buffer.from(JSON.stringify(json))
  return {body, tag: `"${hash('sha1', body, 'base64url')}"`}
}

/** 304 without the body for a client that has these very bytes, as it says with If-None-Match. */
export function sendTagged(request: Request, response: Response, {body, tag}: TaggedJson): void {
  response.set({etag: tag, 'cache-control': 'no-cache'})
  if (names(request.get('if-none-match'), tag)) response.status(304).end()
  else response.type('json').send(body)
}

/**
 * Weakly, as RFC 9110 compares here: a proxy that compresses weakens a tag. Not by Express's `fresh`, which gives way to
 * the `Cache-Control: no-cache` that browsers' and Node's fetch send with an If-None-Match.
 */
function names(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((listed) => listed.trim().replace(/^W\//, '') === tag)
}
