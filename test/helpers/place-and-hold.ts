import type {Knex} from 'knex'

import {runPipelined} from '../../src/db/pipeline/run-pipelined.ts'
import type {NewOrder} from '../../src/services/checkout/new-order.ts'
import {decideOrders} from '../../src/services/checkout/decide.ts'

/** Places orders in a transaction that stays open, with its locks, until `commit`. */
export async function placeAndHold(db: Knex, orders: NewOrder[]): Promise<{commit: () => Promise<void>}> {
  let end = (): void => undefined
  const told = new Promise<void>((resolve) => (end = resolve))
  return new Promise((resolve, reject) => {
    const ended = runPipelined(db, {lockMs: 1000}, async (trx) => {
      const {answer} = await decideOrders(trx, orders, 'all')
      await answer
      resolve({
        async commit() {
          end()
          await ended
        },
      })
      await told
    })
    ended.catch(reject)
  })
}
