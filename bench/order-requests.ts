import type {HttpRequest} from './http-connection.ts'
import {manyProducts, shopUser} from './prepare-database.ts'

/** An order of one of each product. */
export function orderOf(...productIds: number[]): HttpRequest {
  return orderRequest(productIds.map((productId) => ({product_id: productId, quantity: 1})))
}

export function orderRequest(items: object[]): HttpRequest {
  return {method: 'PUT', path: '/orders/create/', token: shopUser.token, body: {items}}
}

/** Picks different products of the thousand at random. */
export function anyOfMany(count: number): number[] {
  const first = Math.floor(Math.random() * manyProducts.count)
  const distance = Math.floor(manyProducts.count / count)
  return Array.from(
    {length: count},
    (_, index) => manyProducts.from + ((first + index * distance) % manyProducts.count),
  )
}
