import {createShopClient, type ShopClient} from '../../client/index.ts'
import {parseText} from './ask.ts'
import type {TestShop} from './http.ts'
import {checkAnswer} from './validate-answer.ts'

/** The typed client, anonymous without a token. Its answers are checked against the API description. */
export function connectClient({origin, api}: TestShop, {authorization}: {authorization?: string} = {}): ShopClient {
  return createShopClient({
    baseUrl: origin,
    ...(authorization !== undefined && {token: authorization.replace('Token ', '')}),
    async fetch(request) {
      const response = await fetch(request)
      const {status, headers} = response
      const body = parseText(headers.get('content-type'), await response.clone().text())
      const {pathname, search} = new URL(request.url)
      checkAnswer(request.method, pathname + search, {status, headers, body}, api)
      return response
    },
  })
}
