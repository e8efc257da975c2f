import {hash} from 'node:crypto'

import type {Request, Response} from 'express'

/** A body with the tag that its bytes have. */
export type TaggedJson = {body: string; tag: string}

export function tagJson(json: unknown): TaggedJson {
  const body = JSON.stringify(json)
  return {body, tag: `"${hash('sha1', body, 'base64url')}"`}
}

/** 304 without the body for a client that has these very bytes, as it says with If-None-Match. */
export function sendTagged(request: Request, response: Response, {body, tag}: TaggedJson): void {
  response.set({etag: tag, 'cache-control': 'no-cache'})
  if (request.fresh) {
    response.status(304).end()
    return
  }
  response.type('json').send(body)
}
