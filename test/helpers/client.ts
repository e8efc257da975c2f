import assert from 'node:assert/strict'

import {createShopClient, type ShopClient} from '../../client/index.ts'
import type {TestShop} from './http.ts'
import {validateAnswer} from './openapi.ts'

/** The typed client of a caller, whose answers are held against the document. Of nobody without a token. */
export function connectClient({origin}: TestShop, {authorization}: {authorization?: string} = {}): ShopClient {
  return createShopClient({
    baseUrl: origin,
    ...(authorization !== undefined && {token: authorization.replace('Token ', '')}),
    async fetch(request) {
      const response = await fetch(request)
      const contentType = response.headers.get('content-type')
      const text = await response.clone().text()
      const body: unknown = contentType?.includes('json') === true ? JSON.parse(text) : text
      const {pathname, search} = new URL(request.url)
      const {status} = response
      assert.deepEqual(validateAnswer(request.method, pathname + search, {status, contentType, body}), [])
      return response
    },
  })
}
