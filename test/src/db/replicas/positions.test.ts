import test from 'ava'

import {Positions} from '../../../../src/db/replicas/positions.ts'

const sampled = (...samples: [at: number, position: number][]): Positions => {
  const positions = new Positions()
  for (const [at, position] of samples) positions.add({system: '1', position}, at)
  return positions
}

test('what was committed before a time is within the first position that was seen from then on', (t) => {
  const positions = sampled([0, 100], [10, 200], [20, 300])
  t.deepEqual(
    [0, 5, 10, 11, 20, 21].map((time) => positions.required(time)),
    [100, 200, 200, 300, 300, undefined],
  )
})

test('while the primary is idle, a replica that has everything stays up to date', (t) => {
  const positions = sampled([0, 100], [10, 200], [20, 200], [30, 200])
  t.is(positions.required(25), 200)
  t.is(positions.timeOf(200), 30)
  t.is(positions.timeOf(199), 0)
  t.is(positions.timeOf(99), undefined)
})

test('positions of before a failover are forgotten', (t) => {
  const positions = sampled([0, 100], [10, 500], [20, 400])
  t.is(positions.required(5), 400)
  t.is(positions.timeOf(450), 20)
  positions.add({system: '2', position: 900}, 30)
  t.is(positions.required(5), 900)
  t.is(positions.system, '2')
})

test('a server that had more than the primary has later is no copy of it', (t) => {
  const positions = sampled([0, 100], [10, 500], [20, 400])
  t.true(positions.lacks({position: 401, at: 20}))
  t.false(positions.lacks({position: 400, at: 20}))
  t.is(positions.lacks({position: 500, at: 21}), undefined)
})

test('positions of more than ten minutes ago are forgotten', (t) => {
  const positions = sampled([0, 100], [400_000, 200], [700_000, 300])
  t.is(positions.timeOf(150), undefined)
  t.is(positions.timeOf(250), 400_000)
})
