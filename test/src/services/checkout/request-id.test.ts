import test from 'ava'

import {newRequestId} from '../../../../src/services/checkout/request-id.ts'

test('request ids are UUIDs of version 7, in the order of their milliseconds', (t) => {
  const at = Date.parse('2026-11-26T18:00:00Z')
  const ids = [at, at + 1, at + 1000, at + 86_400_000].map((time) => newRequestId(time))
  for (const id of ids) t.regex(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  t.deepEqual(ids.toSorted(), ids)
  t.is(ids[0]?.slice(0, 13), '01a21903-a900')
})

test('request ids of one millisecond differ', (t) => {
  const ids = Array.from({length: 1000}, () => newRequestId(0))
  t.is(new Set(ids).size, 1000)
})
