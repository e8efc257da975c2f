import {type Agent, request} from 'node:http'
import {text} from 'node:stream/consumers'

export type Wanted = {items: {product_id: number; quantity: number}[]; key?: string | undefined}

/** Undefined where the connection broke before the answer. */
export type Told = {status: number; code: string | undefined; orderId: number | undefined} | undefined

/** Orders by a plain request, since a client of some library may repeat one by itself. */
export async function buy(
  {agent, origin, token}: {agent: Agent; origin: string; token: string},
  {items, key}: Wanted,
): Promise<Told> {
  const body = JSON.stringify({items})
  return new Promise((resolve) => {
    const sent = request(`${origin}/orders/create/`, {
      method: 'PUT',
      agent,
      headers: {
        authorization: `Token ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(key !== undefined && {'idempotency-key': key}),
      },
    })
    sent.on('error', () => {
      resolve(undefined)
    })
    sent.on('response', (response) => {
      text(response).then(
        (json) => {
          const {code, order_id: orderId} = JSON.parse(json) as {code?: string; order_id?: number}
          resolve({status: response.statusCode ?? 0, code, orderId})
        },
        () => {
          resolve(undefined)
        },
      )
    })
    sent.end(body)
  })
}
