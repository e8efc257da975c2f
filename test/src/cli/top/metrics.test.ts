import test from 'ava'

import {parseMetrics, Scrapes} from '../../../../src/cli/top/metrics.ts'

function compare(before: string, now: string, seconds = 2): Scrapes {
  return new Scrapes({at: 1000, samples: parseMetrics(before)}, {at: 1000 + seconds * 1000, samples: parseMetrics(now)})
}

/** A histogram with the numbers of observations up to each bound. */
function histogram(counts: [bound: string, count: number][]): string {
  return counts.map(([bound, count]) => `wait_seconds_bucket{le="${bound}"} ${count}`).join('\n')
}

test('samples are read with their labels, whatever is in them', (t) => {
  const samples = parseMetrics(
    [
      '# HELP a b',
      '# TYPE a counter',
      'plain 1.5e3',
      'labelled{one="x",other="a \\"b\\" {c} \\\\ \\n"} 2 1700000000000',
      'infinite{le="+Inf"} +Inf',
      '',
    ].join('\n'),
  )

  t.deepEqual(samples.get('plain')?.[0], {key: 'plain', labels: {}, value: 1500})
  t.deepEqual(samples.get('labelled')?.[0]?.labels, {one: 'x', other: 'a "b" {c} \\ \n'})
  t.is(samples.get('labelled')?.[0]?.value, 2)
  t.is(samples.get('infinite')?.[0]?.value, Infinity)
  t.is(samples.size, 3)
})

test('a rate is what a counter went up by in a second, also if it is new', (t) => {
  const scrapes = compare('a{x="1"} 10', 'a{x="1"} 16\na{x="2"} 4')

  t.is(scrapes.rate('a'), 5)
  t.is(scrapes.rate('a', {x: '1'}), 3)
  t.is(scrapes.rate('a', {x: ['2', '3']}), 2)
  t.is(scrapes.rate('b'), undefined)
  t.is(scrapes.value('a'), 20)
})

test('a counter that went down belongs to a server that started again, and counts from zero', (t) => {
  t.is(compare('a 1000', 'a 6').rate('a'), 3)
})

test('quantiles are those of the time between the scrapes, as Prometheus estimates them', (t) => {
  const before = histogram([
    ['0.1', 1000],
    ['1', 1000],
    ['+Inf', 1000],
  ])
  const now = histogram([
    ['0.1', 1050],
    ['1', 1100],
    ['+Inf', 1100],
  ])
  const scrapes = compare(before, now)

  t.is(scrapes.quantile(0.5, 'wait_seconds'), 0.1)
  t.is(scrapes.quantile(0.25, 'wait_seconds'), 0.05)
  t.is(scrapes.quantile(0.75, 'wait_seconds'), 0.55)
})

test('a quantile above all bounds is the last of them, and there is none without observations', (t) => {
  const counts = (count: number): string =>
    histogram([
      ['0.1', 0],
      ['1', 0],
      ['+Inf', count],
    ])

  t.is(compare(counts(0), counts(10)).quantile(0.99, 'wait_seconds'), 1)
  t.is(compare(counts(10), counts(10)).quantile(0.99, 'wait_seconds'), undefined)
  t.is(compare('', '').quantile(0.99, 'wait_seconds'), undefined)
})
