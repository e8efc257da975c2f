import test from 'ava'

import {PoolNameTakenError} from '../../../../src/errors.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {createDatabase} from '../../../helpers/database.ts'

test('of two stock pools created at once with the same name, one is refused', async (t) => {
  const {db} = await createDatabase(t)

  const outcomes = await Promise.allSettled([createPool(db, 'east'), createPool(db, 'east')])

  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({reason}) => reason as unknown)
  t.is(refusals.length, 1)
  t.true(refusals[0] instanceof PoolNameTakenError)
})

test('a pool name may have 100 characters, however many UTF-16 units; longer, blank and unstorable names are refused', async (t) => {
  const {db} = await createDatabase(t)

  t.is((await createPool(db, '🥖'.repeat(100))).name, '🥖'.repeat(100))
  for (const name of ['', ' \t', 'x'.repeat(101), '🥖'.repeat(101), 'a\0b', 'a\ud800']) {
    await t.throwsAsync(createPool(db, name), {message: /1 to 100 characters/})
  }
})
