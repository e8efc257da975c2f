import test from 'ava'

import {IdSet} from '../../../../../../src/services/payments/operators/reconcile/id-set.ts'

test('has the ids that were added, and no others', (t) => {
  const set = new IdSet({first: 1001, last: 1100})
  const added = [1001, 1002, 1008, 1009, 1064, 1100]
  for (const id of added) set.add(id)

  const found = Array.from({length: 200}, (_, index) => index + 950).filter((id) => set.has(id))

  t.deepEqual(found, added)
})

test('ignores ids beyond its bounds', (t) => {
  const set = new IdSet({first: 10, last: 11})
  for (const id of [1, 9, 100]) set.add(id)
  t.deepEqual(
    [1, 9, 10, 11, 100].filter((id) => set.has(id)),
    [],
  )
  const empty = new IdSet({first: 1, last: 0})
  empty.add(1)
  t.false(empty.has(1))
})
