import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import type {HoldSettings} from '../../src/hold-settings.ts'
import {audit} from '../../src/services/audit.ts'
import {addCaller, type Answer, startShop, type TestShop} from './http.ts'
import {addProduct} from './shop.ts'

type Headers = Record<string, string>

type Send = (headers?: Headers) => Promise<Answer>

/** Requests of one user to their basket. */
type BasketRequests = {
  get: Send
  clear: Send
  hold: Send
  set: (productId: number, quantity: unknown, headers?: Headers) => Promise<Answer>
  remove: (productId: number, headers?: Headers) => Promise<Answer>
  add: (items: unknown, headers?: Headers) => Promise<Answer>
  /** Without a body unless it is given. */
  checkOut: (json?: unknown, headers?: Headers) => Promise<Answer>
}

export type Buyer = BasketRequests & {userId: number; headers: {authorization: string}}

export async function addBuyer(shop: TestShop): Promise<Buyer> {
  const caller = await addCaller(shop)
  return {...caller, ...requestsOf(shop, caller.headers)}
}

/** `own` authenticates the user. */
export function requestsOf(shop: Pick<TestShop, 'send'>, own: Headers): BasketRequests {
  const send =
    (method: string, path: string): ((json?: unknown, headers?: Headers) => Promise<Answer>) =>
    async (json, headers) =>
      shop.send(method, path, {headers: {...own, ...headers}, ...(json !== undefined && {json})})
  const bare = (method: string, path: string): Send => {
    const request = send(method, path)
    return async (headers) => request(undefined, headers)
  }
  return {
    get: bare('GET', '/basket/'),
    clear: bare('DELETE', '/basket/'),
    hold: bare('POST', '/basket/hold/'),
    set: async (productId, quantity, headers) => send('PUT', `/basket/items/${productId}/`)({quantity}, headers),
    remove: async (productId, headers) => bare('DELETE', `/basket/items/${productId}/`)(headers),
    add: async (items, headers) => send('POST', '/basket/items/')({items}, headers),
    checkOut: send('POST', '/basket/checkout/'),
  }
}

/** A shop with two buyers and one product, whose books are audited at the end. */
export async function openShop(
  t: ExecutionContext,
  {stock = 10, price = 425, holds = {}}: {stock?: number; price?: number; holds?: Partial<HoldSettings>} = {},
): Promise<{shop: TestShop; db: Knex; anna: Buyer; ben: Buyer; productId: number}> {
  const shop = await startShop(t, {holds})
  const {db} = shop
  t.teardown(async () => {
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  const productId = await addProduct(db, {name: 'Rice', stock, price})
  return {shop, db, anna: await addBuyer(shop), ben: await addBuyer(shop), productId}
}

export async function reservedOf(db: Knex, productId: number): Promise<number> {
  const [row] = await db('stock_levels').where({product_id: productId}).sum<{sum: string}[]>('reserved as sum')
  return Number(row?.sum)
}
