import {Agent} from 'node:http'
import {setTimeout as delay} from 'node:timers/promises'

import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {buy, type Told, type Wanted} from './buy.ts'
import {addProduct, addToken, addUser} from './shop.ts'

/** No two purchases have the same items, so that the items identify the order. */
export type Purchase = Wanted & {answer: Told}

export type Buyers = {
  confirmed: () => number
  broken: () => number
  /** Sends a purchase again. */
  repeat: (origin: string, purchase: Purchase) => Promise<Purchase>
  /** Lets every buyer finish its purchase. Returns all purchases with their answers. */
  stop: () => Promise<Purchase[]>
}

/**
 * Buys over several connections, or with one for each order, until it is stopped, and goes on after a connection breaks. Each order has two products,
 * in either order, and half of the orders have an idempotency key.
 */
export async function startBuyers(
  t: ExecutionContext,
  {
    db,
    origin,
    connections = 12,
    keepAlive = true,
  }: {db: Knex; origin: string; connections?: number; keepAlive?: boolean},
): Promise<Buyers> {
  const token = await addToken(db, await addUser(db))
  // Each order takes one more than the one before.
  const stock = 1_000_000_000_000
  const marked = await addProduct(db, {stock, price: 1})
  const other = await addProduct(db, {stock, price: 1})
  const agent = new Agent({keepAlive})
  const purchases: Purchase[] = []
  let isOver = false
  let mark = 0

  async function buyOn(): Promise<void> {
    while (!isOver) {
      mark++
      const items = [
        {product_id: marked, quantity: mark},
        {product_id: other, quantity: 1},
      ]
      const wanted = {
        items: mark % 2 === 0 ? items : items.reverse(),
        key: mark % 4 < 2 ? `purchase ${mark}` : undefined,
      }
      const purchase = {...wanted, answer: await buy({agent, origin, token}, wanted)}
      purchases.push(purchase)
      if (!purchase.answer) await delay(20)
    }
  }
  const all = Promise.all(Array.from({length: connections}, buyOn))
  const stop = async (): Promise<Purchase[]> => {
    isOver = true
    await all
    return purchases
  }
  t.teardown(async () => {
    await stop()
    agent.destroy()
  })
  return {
    confirmed: () => purchases.filter(({answer}) => answer?.status === 201).length,
    broken: () => purchases.filter(({answer}) => !answer).length,
    repeat: async (origin, purchase) => ({...purchase, answer: await buy({agent, origin, token}, purchase)}),
    stop,
  }
}
