import type {Agent} from 'node:http'

import {send} from './send.ts'

export type Wanted = {items: {product_id: number; quantity: number}[]; key?: string | undefined}

/** Undefined if the connection broke before the answer. */
export type Told = {status: number; code: string | undefined; orderId: number | undefined} | undefined

export async function buy(
  {agent, origin, token}: {agent: Agent; origin: string; token: string},
  {items, key}: Wanted,
): Promise<Told> {
  const reply = await send({
    agent,
    token,
    method: 'PUT',
    url: `${origin}/orders/create/`,
    json: {items},
    headers: key === undefined ? {} : {'idempotency-key': key},
  })
  if (!reply) return undefined
  const {code, order_id: orderId} = reply.body as {code?: string; order_id?: number}
  return {status: reply.status, code, orderId}
}
