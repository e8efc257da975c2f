import test from 'ava'

import {connect} from '../../../src/db/connect.ts'
import {type SlowStatement, watchStatements} from '../../../src/db/statement-watch.ts'
import {prepare, queryPrepared} from '../../../src/db/pipeline/prepared.ts'
import {query} from '../../../src/db/query.ts'
import {createDatabase} from '../../helpers/database.ts'
import {until} from '../../helpers/until.ts'

test('a statement that takes long is reported once, while it runs, by its name or its text, without values', async (t) => {
  const {url} = await createDatabase(t)
  const slow: SlowStatement[] = []
  const watch = watchStatements({slowMs: 200, lookMs: 50}, (statement) => slow.push(statement))
  const db = connect(() => ({connectionString: url}), {poolSize: 1, name: 'shop reads', watch})
  t.teardown(async () => {
    watch.close()
    await db.destroy()
  })

  await query(db, 'select 1')
  const text = query(db, "select pg_sleep(?),\n    'x' as secret", [1])
  await until(async () => Promise.resolve(slow.length === 1))
  const running = await Promise.race([text.then(() => false), Promise.resolve(true)])
  await text
  await queryPrepared(db, prepare('sleep_a_while', 'select pg_sleep(?)'), [0.6])
  const [{pid} = {pid: 0}] = await query<{pid: number}>(db, 'select pg_backend_pid() as pid')

  t.true(running)
  t.is(slow.length, 2)
  t.like(slow[0], {pool: 'shop reads', pid, statement: "select pg_sleep($1), 'x' as secret"})
  t.like(slow[1], {pool: 'shop reads', pid, statement: 'sleep_a_while'})
  t.true(slow.every(({ms}) => ms >= 200))
})
