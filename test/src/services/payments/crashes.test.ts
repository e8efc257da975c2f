import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import test from 'ava'

import {query} from '../../../../src/db/query.ts'
import type {Outcome} from '../../../../src/gateways/test-provider/outcomes.ts'
import {findPaymentOfOrder} from '../../../../src/services/payments/payment.ts'
import {createPaidShop} from '../../../helpers/payments.ts'
import {until} from '../../../helpers/until.ts'
import type {DyingStep} from './dying-process.ts'

const steps: DyingStep[] = ['before the call', 'after the call', 'before the commit', 'after the commit']

for (const step of steps) {
  for (const outcome of ['ok', 'declined'] as const satisfies Outcome[]) {
    test(`a shop that is killed ${step} of a payment that is ${outcome}: another one finishes it`, async (t) => {
      const {db, url, order, workLater, books} = await createPaidShop(t)
      const payment = await findPaymentOfOrder(db, await order(outcome))
      if (step === 'before the commit') {
        await query(
          db,
          `create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;
           create trigger wait before update on orders for each row execute function wait()`,
        )
      }

      const program = fileURLToPath(new URL('dying-process.js', import.meta.url))
      const child = spawn(process.execPath, [program, url, String(payment?.id), step], {stdio: 'inherit'})
      t.teardown(() => child.kill('SIGKILL'))
      const ended = once(child, 'exit')
      if (step === 'before the commit') {
        const sleeping = `select pg_terminate_backend(pid) as ended from pg_stat_activity
                          where datname = current_database() and wait_event = 'PgSleep'`
        await until(async () => (await query(db, sleeping.replace('pg_terminate_backend(pid)', 'pid'))).length > 0)
        child.kill('SIGKILL')
        await query(db, sleeping)
        await query(db, 'drop function wait cascade')
      }
      t.deepEqual(await ended, [null, 'SIGKILL'])
      await until(async () => {
        await workLater('1 minute')
        const [{next_try_at: next} = {}] = await db<{next_try_at: string | null}>('payments').select('next_try_at')
        return next === null
      })

      const isPaid = outcome === 'ok'
      t.like(await db('orders').first(), {
        status: isPaid ? 'placed' : 'cancelled',
        payment_status: isPaid ? 'paid' : 'failed',
      })
      t.like(await db('stock_levels').first(), {on_hand: isPaid ? 8 : 10})
      t.deepEqual(await books(), {captured: isPaid ? 2000 : 0, refunded: 0, count: 1})
    })
  }
}
