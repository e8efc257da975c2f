import type {Knex} from 'knex'

import type {Gateway} from '../../gateways/gateway.ts'
import {advance, type WorkOptions} from './advance.ts'
import {findDuePayments, findDueRefunds} from './due.ts'
import {advanceRefund} from './refunds.ts'

/** How many payments or refunds one process works on at a time. A call may take many seconds. */
const atOnce = 20

/**
 * Works once on each payment and refund that is due: one that stays due, because somebody else has locked it, waits for the
 * next round. Any number of processes do so at once. Throws the first failure that is not the provider's, after the others
 * are done.
 */
export async function workOnPayments(db: Knex, gateway: Gateway, options: WorkOptions): Promise<number> {
  const [donePayments, doneRefunds] = [new Set<number>(), new Set<number>()]
  const {signal, settings} = options
  const {notesWrites} = settings
  const due = {provider: gateway.name, most: atOnce}
  while (!signal.aborted) {
    const payments = await findDuePayments(db, {...due, except: donePayments})
    const refunds = await findDueRefunds(db, {...due, except: doneRefunds})
    if (payments.length + refunds.length === 0) break
    const results = await Promise.allSettled([
      ...payments.map(async (id) => advance(db, gateway, id, {...options, mayStart: false})),
      ...refunds.map(async (id) => advanceRefund(db, gateway, id, {signal, notesWrites})),
    ])
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    for (const id of payments) donePayments.add(id)
    for (const id of refunds) doneRefunds.add(id)
  }
  return donePayments.size + doneRefunds.size
}
