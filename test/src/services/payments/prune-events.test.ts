import test from 'ava'

import {query} from '../../../../src/db/query.ts'
import {createReceiveEvent} from '../../../../src/services/payments/events.ts'
import {pruneEvents} from '../../../../src/services/payments/prune-events.ts'
import {createDatabase} from '../../../helpers/database.ts'

test('events that came more than a month ago are deleted, some at a time, and others stay', async (t) => {
  const {db} = await createDatabase(t)
  const gateway = {name: 'test', eventsUpToCapture: new Set<string>()}
  for (const id of ['new', 'recent', 'old'])
    await createReceiveEvent(db, gateway)({id, type: 'payment.captured', paymentId: null})
  await db('payment_events')
    .where({event_id: 'recent'})
    .update({received_at: db.raw(`now() - interval '29 days'`)})
  await db('payment_events')
    .where({event_id: 'old'})
    .update({received_at: db.raw(`now() - interval '31 days'`)})
  await query(
    db,
    `insert into payment_events (provider, event_id, type, received_at)
     select 'test', 'older ' || n, 'payment.captured', now() - interval '40 days' from generate_series(1, 1500) as n`,
  )

  await pruneEvents(db)
  t.is((await db('payment_events').count<{count: number}[]>('* as count'))[0]?.count, 503)
  await Promise.all([pruneEvents(db), pruneEvents(db)])
  await pruneEvents(db)

  t.deepEqual(await db('payment_events').orderBy('event_id').pluck('event_id'), ['new', 'recent'])
})
