import type {HttpRequest} from './http-connection.ts'
import type {Load} from './load.ts'
import {anyOfMany, orderOf, orderRequest} from './order-requests.ts'
import {hotProduct, shopUser} from './prepare-database.ts'

export type MixedRequest = Pick<Load, 'request' | 'status'> & {
  /** How many of a thousand requests are of this kind. */
  share: number
}

const {token} = shopUser
const unknownToken = token.replaceAll(/./g, 'f')
const unknownProduct = 999_999

/** The requests of an hour: orders, pages, and requests that the shop refuses. */
const requests: MixedRequest[] = [
  {share: 440, status: 201, request: () => orderOf(hotProduct)},
  {share: 350, status: 201, request: () => orderOf(...anyOfMany(1))},
  {share: 100, status: 201, request: () => orderOf(...anyOfMany(3))},
  get('/products/list/', 200, 20),
  // Rare, since here all orders belong to one user, which is unrealistic, and every page counts them.
  get('/orders/history/', 200, 1),
  get('/orders/999999999999/', 404, 5),
  get('/carts/', 404, 5),
  refusal([{product_id: hotProduct, quantity: 2_000_000_000}], 30),
  refusal(
    [
      {product_id: hotProduct, quantity: 1},
      {product_id: unknownProduct, quantity: 1},
    ],
    20,
  ),
  refusal([{product_id: 'x'}], 10),
  {share: 15, status: 401, request: () => ({...orderOf(hotProduct), token: unknownToken})},
]

const allShares = requests.reduce((sum, {share}) => sum + share, 0)

/** Picks a request at random, weighted by its share. */
export function mixedRequest(): MixedRequest {
  let rest = Math.random() * allShares
  const found = requests.find(({share}) => (rest -= share) < 0)
  if (!found) throw new Error('The shares do not add up.')
  return found
}

function get(path: string, status: number, share: number): MixedRequest {
  return {share, status, request: () => ({method: 'GET', path, token})}
}

function refusal(items: object[], share: number): MixedRequest {
  return {share, status: 400, request: (): HttpRequest => orderRequest(items)}
}
