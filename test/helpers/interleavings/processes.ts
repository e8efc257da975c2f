import {Agent} from 'node:http'

import type {ExecutionContext} from 'ava'

import {forkProcess} from '../process-of-shop.ts'
import {send} from '../send.ts'
import {spawnServe} from '../serve.ts'
import type {Answer, ShopRequest} from './requests.ts'

/** A process that answers every request. */
export type Way = (request: ShopRequest) => Promise<Answer>

/** Starts `shop serve` with these arguments; `tokens` has the users' tokens by their ids. */
export async function startServer(
  t: ExecutionContext,
  {url, args, tokens}: {url: string; args: string[]; tokens: Map<number, string>},
): Promise<Way> {
  const origin = await spawnServe(t, {DATABASE_URL: url, SHOP_POOL_SIZE: '5'}, [...args, '--port', '0']).url
  const agent = new Agent({keepAlive: true})
  t.teardown(() => {
    agent.destroy()
  })

  return async (request) => {
    const target = `${origin}${pathOf(request)}`
    const token = ('userId' in request ? tokens.get(request.userId ?? Number.NaN) : undefined) ?? ''
    const reply =
      request.kind === 'order'
        ? await send({
            agent,
            token,
            method: 'PUT',
            url: target,
            json: {items: request.items.map(({productId, quantity}) => ({product_id: productId, quantity}))},
            headers: request.key === undefined ? {} : {'idempotency-key': request.key},
          })
        : await send({agent, token, method: 'POST', url: target})
    if (!reply) return {kind: 'failed', message: 'The connection broke.'}
    return toAnswer(reply)
  }
}

function pathOf(request: ShopRequest): string {
  if (request.kind === 'order') return '/orders/create/'
  if (request.kind === 'cancel') return `/orders/${request.orderId}/cancel/`
  throw new Error(`There is no ${request.kind} over HTTP.`)
}

type Body = {
  order_id: number
  total_price: string
  created_at: string
  code: string
  shortages?: {product_id: number; requested: number; available: number}[]
}

function toAnswer({status, headers, body}: NonNullable<Awaited<ReturnType<typeof send>>>): Answer {
  const {order_id, total_price, created_at, code, shortages = []} = body as Body
  if (status === 200) return {kind: 'cancelled'}
  if (status === 201) {
    const isReplay = headers['idempotent-replayed'] === 'true'
    return {kind: 'placed', orderId: order_id, total: Number(total_price) * 100, createdAt: created_at, isReplay}
  }
  const answered = shortages.map(({product_id, ...rest}) => ({productId: product_id, ...rest}))
  return {kind: 'refused', code, shortages: answered}
}

/** Starts a process that runs the services, as the commands do. Resolves once it answers. */
export async function startOperator(t: ExecutionContext, url: string): Promise<Way> {
  const way = forkProcess<Answer>(t, new URL('operator.js', import.meta.url), url)
  await way({kind: 'audit'})
  return way
}
