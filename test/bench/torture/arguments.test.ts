import test from 'ava'

import {UsageError} from '../../../bench/benchmark-error.ts'
import {readArguments, usage} from '../../../bench/torture/arguments.ts'

test('reads which faults strike, and for how long', (t) => {
  const args = readArguments(['--minutes', '0.5', '--faults', 'provider, pause', '--seed', '7', '--history', 'x'])
  t.like(args, {minutes: 0.5, seed: 7, clients: 12, history: 'x', json: false, missing: []})
  t.deepEqual(args.faults, ['pause', 'provider'])
  t.deepEqual(readArguments(['--faults', 'none']).faults, [])
})

test('its help fits a terminal of 80 columns', (t) => {
  t.deepEqual(
    usage.split('\n').filter((line) => line.length > 80),
    [],
  )
})

test('the history is named after the seed', (t) => {
  t.is(readArguments(['--seed', '7', '--faults', 'none']).history, 'torture-7.jsonl')
})

for (const [args, message] of [
  [['--faults', 'fire'], /no fault "fire". The faults are: kill-shop, /],
  [['--faults', 'none,pause'], /no fault "none"/],
  [['--minutes', '0'], /--minutes must be a number from 0.1/],
  [['--minutes', ''], /--minutes must be/],
  [['--clients', '1.5'], /--clients must be a whole number/],
  [['--seed', 'x'], /--seed must be a whole number/],
  [['--fault', 'pause'], /Unknown option '--fault'/],
] as const) {
  test(`refuses ${args.join(' ')}`, (t) => {
    t.throws(() => readArguments([...args]), {instanceOf: UsageError, message})
  })
}
