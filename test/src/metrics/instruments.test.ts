import test from 'ava'

import {addCounts} from '../../../src/metrics/add-counts.ts'
import {Counter, gauge, Histogram} from '../../../src/metrics/instruments.ts'
import {toText} from '../../../src/metrics/exposition.ts'
import {parseScrape} from '../../helpers/metrics.ts'

const refused = {name: 'refused_total', help: 'Refusals.', labels: ['code']}
const waits = {name: 'wait_seconds', help: 'Waits.'}

test('a value belongs to the first bucket whose bound is not below it', async (t) => {
  const histogram = new Histogram(waits, [1, 2])
  for (const value of [0.5, 1, 1.5, 2, 3]) histogram.observe(value)

  t.deepEqual(parseScrape(await toText([[histogram.read()]])), {
    'wait_seconds_bucket{le="1"}': 2,
    'wait_seconds_bucket{le="2"}': 4,
    'wait_seconds_bucket{le="+Inf"}': 5,
    wait_seconds_sum: 8,
    wait_seconds_count: 5,
  })
})

test('what was never counted is 0 if it is known, and missing if it is not', async (t) => {
  const counters = [new Counter({name: 'retries_total', help: 'Retries.'}), new Counter(refused, ['busy'])]

  t.deepEqual(parseScrape(await toText([counters.map((counter) => counter.read())])), {
    retries_total: 0,
    'refused_total{code="busy"}': 0,
  })
})

test('the metrics of several processes are summed by their labels', async (t) => {
  const [one, other] = [new Counter(refused), new Counter(refused)]
  one.increment('busy')
  other.add(2, 'busy')
  other.increment('invalid')

  t.deepEqual(parseScrape(await toText([[one.read()], [other.read()]])), {
    'refused_total{code="busy"}': 3,
    'refused_total{code="invalid"}': 1,
  })
})

test('a process that has ended leaves its counters and histograms, and no gauge', (t) => {
  const counter = new Counter(refused)
  const histogram = new Histogram(waits, [1])
  counter.increment('busy')
  histogram.observe(0.5)
  const queue = gauge({name: 'queue', help: 'Jobs.'}, [{labels: {}, value: 3}])

  const once = addCounts([], [counter.read(), histogram.read(), queue])
  const twice = addCounts(once, [counter.read(), histogram.read(), queue])

  t.deepEqual(once, [counter.read(), histogram.read()])
  counter.increment('busy')
  histogram.observe(0.5)
  t.deepEqual(twice, [counter.read(), histogram.read()])
})
