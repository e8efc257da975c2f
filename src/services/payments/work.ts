import type {Knex} from 'knex'

import type {Gateway} from '../../gateways/gateway.ts'
import {advance, findDue, type WorkOptions} from './advance.ts'
import {advanceRefund, findDueRefunds} from './refunds.ts'

/** How many payments or refunds one process works on at a time. A call may take many seconds. */
const atOnce = 20

/**
 * Works on the payments and refunds that are due, until none is left. Any number of processes do so at once. Throws the
 * first failure that is not the provider's, after the others are done.
 */
export async function workOnPayments(db: Knex, gateway: Gateway, options: WorkOptions): Promise<number> {
  let done = 0
  while (!options.signal.aborted) {
    const [payments, refunds] = [
      await findDue(db, gateway.name, atOnce),
      await findDueRefunds(db, gateway.name, atOnce),
    ]
    const results = await Promise.allSettled([
      ...payments.map(async (id) => advance(db, gateway, id, {...options, mayStart: false})),
      ...refunds.map(async (id) => advanceRefund(db, gateway, id, options.signal)),
    ])
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    done += results.length
    if (results.length === 0) return done
  }
  return done
}
