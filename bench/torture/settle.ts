import {setTimeout as sleep} from 'node:timers/promises'

import type {Knex} from 'knex'

import {onlyRow, query} from '../../src/db/query.ts'
import type {TestGateway} from '../../src/gateways/test-provider/test-gateway.ts'

const mostMs = 180_000

/** Longer than any lease, and than any processing of the provider. */
const clockJump = `interval '90 seconds'`

/**
 * Waits until every payment and refund is decided, apart from payments whose buyer has to act. They are made due again and
 * again, as `shop` would do after a longer pause, and times that a moved clock put far ahead are brought back. Returns what is
 * still open.
 */
export async function settlePayments(db: Knex, gateway: TestGateway): Promise<string[]> {
  const deadline = performance.now() + mostMs
  for (;;) {
    await query(
      db,
      `update payments set next_try_at = statement_timestamp()
       where state in ('created', 'submitted', 'unknown', 'processing') and next_try_at > statement_timestamp()`,
    )
    for (const [table, column] of [
      ['payments', 'lease_until'],
      ['refunds', 'lease_until'],
      ['test_provider.payments', 'settles_at'],
    ] as const) {
      await query(
        db,
        `update ${table} set ${column} = statement_timestamp() where ${column} > statement_timestamp() + ${clockJump}`,
      )
    }
    await query(
      db,
      `update refunds set next_try_at = statement_timestamp()
       where state in ('requested', 'submitted', 'pending') and next_try_at > statement_timestamp()`,
    )
    const {payments, refunds} = onlyRow(
      await query<{payments: string[]; refunds: string[]}>(
        db,
        `select
           array(select order_id || ' ' || state from payments where state in ('created', 'submitted', 'unknown', 'processing'))
             as payments,
           array(select payment_id || ' ' || state from refunds where state in ('requested', 'submitted', 'pending')) as refunds`,
      ),
    )
    if (payments.length + refunds.length === 0) {
      // The provider ends its own processing when somebody looks.
      await gateway.listEvents()
      return []
    }
    if (performance.now() > deadline) {
      return [
        ...payments.map((text) => `the payment of order ${text}`),
        ...refunds.map((text) => `the refund of payment ${text}`),
      ]
    }
    await sleep(1000)
  }
}
