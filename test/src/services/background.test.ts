import test from 'ava'

import {startBackgroundWork} from '../../../src/services/background.ts'
import {until} from '../../helpers/until.ts'

test('a failure that goes on is logged once, and again if it changes or comes back', async (t) => {
  const outcomes = ['away', 'away', 'away', 'refused', 'refused', undefined, 'refused']
  let runs = 0
  const logged: number[] = []
  const work = startBackgroundWork(
    [
      {
        async run() {
          const outcome = outcomes[runs++]
          return outcome === undefined ? Promise.resolve() : Promise.reject(new Error(outcome))
        },
        failure: 'It failed.',
      },
    ],
    {error: () => logged.push(runs)},
  )
  t.teardown(async () => work.stop())

  await until(async () => Promise.resolve(runs > outcomes.length))
  await work.stop()

  t.deepEqual(logged, [1, 4, 7])
})
