import test from 'ava'

import {isAnswer, isConnectionError} from '../../../src/db/errors.ts'
import {prepare, queryPrepared} from '../../../src/db/pipeline/prepared.ts'
import {query} from '../../../src/db/query.ts'
import {startPrimary} from '../../helpers/replica.ts'
import {cancel, isolate, nextWait, openPool} from '../../helpers/standbys.ts'

test('a COMMIT that stops waiting for its standbys has an unknown outcome, in whatever way it was sent', async (t) => {
  const {db: admin, url} = await startPrimary(t)
  const pool = openPool(t, url, 1)
  await query(admin, `create table written (way text)`)
  // Then a server would not say it.
  await query(admin, `alter database shop set client_min_messages = 'error'`)
  await isolate(admin)

  const insert = `insert into written values (?) returning way`
  const ways = {
    transaction: async () => pool.transaction(async (trx) => query(trx, insert, ['transaction'])),
    statement: async () => query(pool, insert, ['statement']),
    simple: async () => query(pool, `insert into written values ('simple')`),
    prepared: async () => queryPrepared(pool, prepare('write_way', insert), ['prepared']),
  }
  for (const run of Object.values(ways)) {
    const failure = t.throwsAsync(run())
    await cancel(admin, await nextWait(admin))
    const error = await failure
    t.regex(error.message, /committed without its standbys/)
    t.true(isConnectionError(error))
    t.false(isAnswer(error))
  }

  t.is((await query(admin, 'select from written')).length, 4)
  t.is((await query(pool, 'select from written')).length, 4)
})
