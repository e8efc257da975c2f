import type {Knex} from 'knex'

import {patienceMs} from '../../../src/services/checkout/place-batch.ts'
import {addProduct, addStock, addToken, addUser} from '../shop.ts'
import {at} from './at.ts'
import type {Way} from './processes.ts'
import {type Confirmed, requestsOf, type Stage} from './requests-of.ts'
import type {Answer, ShopRequest, Told} from './requests.ts'
import {type Script, users} from './script.ts'

/** The users and products that one script was played on, and every request with its answer. */
export type Round = Stage & {
  /** By product id, over all pools. */
  initialStock: Map<number, number>
  told: Told[]
}

export type Shop = {db: Knex; poolIds: number[]; ways: Way[]; tokens: Map<number, string>}

const clients = 12

/** Plays a script on new users and products. Several clients take one action after the other from it. */
export async function play(shop: Shop, {stock, baskets, actions}: Script): Promise<Round> {
  const stage = {userIds: await addUsers(shop), productIds: await addProducts(shop, stock), baskets}
  const told: Told[] = []
  const confirmed: Confirmed[] = []
  let clock = 0

  async function ask(via: number, request: ShopRequest): Promise<void> {
    const sentAt = clock++
    const answer = await decide(at(shop.ways, via), request)
    told.push({via, request, sentAt, answer, answeredAt: clock++})
    if (request.kind === 'order' && answer.kind === 'placed' && !answer.isReplay) {
      confirmed.push({orderId: answer.orderId, userId: request.userId})
    }
  }

  const waiting = [...actions]
  async function act(): Promise<void> {
    for (let action = waiting.shift(); action; action = waiting.shift()) {
      const requests = requestsOf(action, stage, confirmed)
      await Promise.all(requests.map(async ({via, request}) => ask(via, request)))
    }
  }
  await Promise.all(Array.from({length: clients}, act))

  const sums = stock.map((levels) => levels.reduce<number>((sum, level) => sum + (level ?? 0), 0))
  const initialStock = new Map(stage.productIds.map((id, index) => [id, at(sums, index)]))
  return {...stage, initialStock, told}
}

/**
 * The answer of the shop, but for orders that have waited for a lock until its patience ended, as on a machine where others
 * keep the lock for longer than a try waits: these are sent again, as clients do.
 */
async function decide(way: Way, request: ShopRequest): Promise<Answer> {
  for (;;) {
    const began = performance.now()
    const answer = await way(request)
    const hasWaited = performance.now() - began >= patienceMs
    if (!(hasWaited && answer.kind === 'refused' && answer.code === 'stock_locked')) return answer
  }
}

async function addUsers({db, tokens}: Shop): Promise<number[]> {
  const userIds = await Promise.all(Array.from({length: users}, async () => addUser(db)))
  for (const userId of userIds) tokens.set(userId, await addToken(db, userId))
  return userIds
}

async function addProducts({db, poolIds}: Shop, stock: Script['stock']): Promise<number[]> {
  const productIds: number[] = []
  for (const [first, ...others] of stock) {
    const productId = await addProduct(db, {stock: first ?? 0})
    for (const [index, quantity] of others.entries()) {
      if (quantity !== null) await addStock(db, {productId, poolId: at(poolIds, index + 1), quantity})
    }
    productIds.push(productId)
  }
  return productIds
}
