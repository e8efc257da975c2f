import {setTimeout as delay} from 'node:timers/promises'

import test from 'ava'

import {connect} from '../../../src/db/connect.ts'
import {type SlowStatement, watchStatements} from '../../../src/db/statement-watch.ts'
import {prepare, queryPrepared} from '../../../src/db/pipeline/prepared.ts'
import {query} from '../../../src/db/query.ts'
import {createDatabase} from '../../helpers/database.ts'
import {untilWaiting} from '../../helpers/until.ts'

test('a statement that takes long is reported once, while it runs, by its name or its text, without values', async (t) => {
  const {db: other, url} = await createDatabase(t)
  const slow: SlowStatement[] = []
  let time = 0
  const watch = watchStatements({slowMs: 200, lookMs: 5, clock: () => time}, (statement) => slow.push(statement))
  const db = connect(() => ({connectionString: url}), {poolSize: 1, name: 'shop reads', watch})
  t.teardown(async () => {
    watch.close()
    await db.destroy()
  })
  /** Lets time go by while the statement waits for a lock, until it has been reported and looked at a few times more. */
  const takeLong = async (run: () => Promise<unknown>): Promise<void> => {
    const holder = await other.transaction()
    await holder.raw('select pg_advisory_xact_lock(1)')
    const running = run()
    await untilWaiting(other)
    const before = slow.length
    for (let later = 0; later < 5;) {
      time += 100
      await delay(10)
      if (slow.length > before) later++
    }
    await holder.rollback()
    await running
  }

  await query(db, 'select 1')
  await takeLong(async () => query(db, "select pg_advisory_xact_lock(?),\n    'x' as secret", [1]))
  await takeLong(async () => queryPrepared(db, prepare('wait_a_while', 'select pg_advisory_xact_lock(?)'), [1]))
  const [{pid} = {pid: 0}] = await query<{pid: number}>(db, 'select pg_backend_pid() as pid')

  t.is(slow.length, 2)
  t.like(slow[0], {pool: 'shop reads', pid, statement: "select pg_advisory_xact_lock($1), 'x' as secret"})
  t.like(slow[1], {pool: 'shop reads', pid, statement: 'wait_a_while'})
  t.true(slow.every(({ms}) => ms >= 200))
})
