import test from 'ava'

import {query} from '../../../../src/db/query.ts'
import {InvalidPageError} from '../../../../src/errors.ts'
import {listOrders} from '../../../../src/services/orders/history.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addUser} from '../../../helpers/shop.ts'

test('the pages of a history have each order once, newest first, whichever end is nearer', async (t) => {
  const {db} = await createDatabase(t)
  const [userId, otherId] = [await addUser(db), await addUser(db)]
  // Three orders of each time, so that ids decide their order.
  await db.raw(
    `insert into orders (user_id, currency, total, created_at)
     select case n % 5 when 0 then ?::bigint else ?::bigint end, 'USD', n, timestamptz '2026-01-01Z' + n / 3 * interval '1 hour'
     from generate_series(1, 55) as n`,
    [otherId, userId],
  )
  const expected = await query<{id: number}>(
    db,
    'select id from orders where user_id = ? order by created_at desc, id desc',
    [userId],
  )
  const ids: number[] = []
  for (let page = 1; page <= 7; page++) {
    const {results, count, pageCount} = await listOrders(db, {userId, page, pageSize: 7})
    t.deepEqual([count, pageCount], [44, 7])
    ids.push(...results.map(({id}) => id))
  }
  t.deepEqual(
    ids,
    expected.map(({id}) => id),
  )

  const last = await listOrders(db, {userId, page: 'last', pageSize: 7})
  t.deepEqual(
    last.results.map(({id}) => id),
    ids.slice(-2),
  )
  await t.throwsAsync(listOrders(db, {userId, page: 8, pageSize: 7}), {instanceOf: InvalidPageError})
})
