import test from 'ava'

import {faultNames, scheduleFaults} from '../../../bench/torture/faults/schedule.ts'
import {secondsWithoutOrders} from '../../../bench/torture/flow.ts'
import type {Attempt} from '../../../bench/torture/history.ts'

const runMs = 600_000

test('a seed repeats the schedule, and another one has another', (t) => {
  t.deepEqual(scheduleFaults(1, faultNames, runMs), scheduleFaults(1, faultNames, runMs))
  t.notDeepEqual(scheduleFaults(1, faultNames, runMs), scheduleFaults(2, faultNames, runMs))
})

test('every fault strikes, and is over before the end', (t) => {
  for (let seed = 0; seed < 50; seed++) {
    const strikes = scheduleFaults(seed, faultNames, runMs)
    t.deepEqual([...new Set(strikes.map(({fault}) => fault))].sort(), [...faultNames].sort())
    t.true(strikes.every(({at, forMs}) => at > 0 && forMs > 0 && at + forMs <= runMs))
    t.is(strikes.filter(({forMs}) => forMs > 60_000).length, 1)
  }
})

test('two minutes are enough for every fault of a single server', (t) => {
  const faults = faultNames.filter((name) => name !== 'failover')
  for (let seed = 0; seed < 200; seed++) {
    t.is(new Set(scheduleFaults(seed, faults, 120_000).map(({fault}) => fault)).size, faults.length)
  }
})

test('without faults nothing strikes', (t) => {
  t.deepEqual(scheduleFaults(1, [], runMs), [])
})

test('the time without orders is the longest pause that begins while the fault lasts', (t) => {
  const attempts = [900, 1000, 1100, 4100, 4200, 9000].map((until, index): Attempt => ({
    ...{id: index, client: 'buyer 1', at: 0, until},
    request: {kind: 'order', userId: 1, items: [], isPaid: false},
    outcome: {type: 'ok'},
  }))
  const seconds = (from: number, until: number): number => secondsWithoutOrders(attempts, {from, until, now: 12_000})
  t.is(seconds(1000, 2000), 3)
  t.is(seconds(4100, 4150), 0.1)
  t.is(seconds(4100, 4200), 4.8)
  t.is(seconds(9500, 10_000), 2.5)
})
