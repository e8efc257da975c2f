import {setTimeout as sleep} from 'node:timers/promises'

import type {Item, Products} from '../history.ts'
import {BasketOfClient} from './basket.ts'
import {type Bought, cancel, chooseItems, lookUp, order, readHistory} from './orders.ts'
import type {Rushes} from './rush.ts'
import type {Session} from './session.ts'

/** Payments that the provider answers properly, whatever its decision, and those that it does not. */
const soundOutcomes = ['ok', 'ok', 'ok', 'declined', 'insufficient_funds', 'requires_action'] as const
const faultyOutcomes = [
  'slow_3s',
  'timeout_then_captured',
  'timeout_then_nothing',
  '500_then_captured',
  'processing_then_captured',
  'processing_then_failed',
] as const
export const usedOutcomes = [...new Set([...soundOutcomes, ...faultyOutcomes])]

/** Buys until it is told to stop: one request after the other, with pauses as a person makes them. */
export async function buyOn(
  session: Session,
  {
    products,
    ownProduct,
    rushes,
    hasFaultyProvider,
  }: {products: Products; ownProduct: number; rushes: Rushes; hasFaultyProvider: boolean},
): Promise<void> {
  const {random, signal, name} = session
  const basket = new BasketOfClient(session, products)
  const bought: Bought[] = []
  let mark = 0
  let lastRush = rushes.current()
  while (!signal.aborted) {
    mark++
    if (rushes.current() !== lastRush) {
      lastRush = rushes.current()
      await rushes.begun()
      await orderTwice({
        items: [{productId: products.rush, quantity: random.between(1, 2)}],
        key: `rush ${name} ${mark}`,
      })
      continue
    }
    const draw = random.next()
    const last = bought.at(-random.between(1, 10))
    if (draw < 0.35) {
      const items = chooseItems(session, {...products, ownProduct}, mark)
      const isPaid = random.chance(0.3)
      const outcomes = hasFaultyProvider && random.chance(0.3) ? faultyOutcomes : soundOutcomes
      keep(
        await order(session, {
          items,
          ...(random.chance(0.5) && {key: `order ${name} ${mark}`}),
          ...(isPaid && {outcome: random.pick(outcomes)}),
        }),
      )
    } else if (draw < 0.8) keep(await basket.act())
    else if (draw < 0.9 && last) {
      await lookUp(session, last)
    } else if (draw < 0.96 && last) {
      await cancel(session, last.orderId)
    } else await readHistory(session, bought.length)
    await sleep(random.between(30, 250), undefined, {signal}).catch(() => undefined)
  }

  /** As an impatient user does, who clicks twice. */
  async function orderTwice(wanted: {items: Item[]; key: string}): Promise<void> {
    const [one, other] = await Promise.all([order(session, wanted), order(session, wanted)])
    keep(one ?? other)
  }

  /** A basket that is being paid is answered with its order again. */
  function keep(order: Bought | undefined): void {
    if (order && !bought.some(({orderId}) => orderId === order.orderId)) bought.push(order)
  }
}
