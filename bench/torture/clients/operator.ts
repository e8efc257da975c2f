import {setTimeout as sleep} from 'node:timers/promises'

import type {Knex} from 'knex'

import {ShopError} from '../../../src/errors.ts'
import {adjustStock} from '../../../src/services/stock/adjust.ts'
import type {History, Outcome, Products} from '../history.ts'
import type {Random} from '../random.ts'

/** Changes stock as `shop adjust-stock` does, until it is told to stop. Each change has a note of its own. */
export async function adjustOn(
  db: Knex,
  {
    history,
    random,
    products: {hot, rare, rush},
    signal,
  }: {history: History; random: Random; products: Products; signal: AbortSignal},
): Promise<void> {
  for (let count = 1; !signal.aborted; count++) {
    const productId = random.chance(0.4) ? rush : random.pick(random.pick([hot, rare]))
    const by = productId === rush ? random.between(1, 9) : random.pick([-3, -1, 1, 2, 5])
    const note = `torture ${count}`
    const {end} = history.invoke('operator', {kind: 'adjust', productId, by, note})
    end(await outcomeOf(adjustStock(db, {productId, pool: 'default', change: {by}}, {name: 'torture', note})))
    await sleep(random.between(500, 2500), undefined, {signal}).catch(() => undefined)
  }
}

async function outcomeOf(change: Promise<unknown>): Promise<Outcome> {
  try {
    await change
    return {type: 'ok'}
  } catch (error) {
    if (error instanceof ShopError && error.code !== 'database_unavailable') return {type: 'refused', code: error.code}
    // The connection may have been lost after COMMIT was sent.
    return {type: 'unknown', code: error instanceof Error ? error.message.slice(0, 100) : String(error)}
  }
}
