import test from 'ava'

import {runShop} from '../../../helpers/run.ts'

test('errors of wrong usage show control characters of arguments as escapes', async (t) => {
  const evil = '\u001b[2J'
  for (const args of [['--from', evil], [`--${evil}`]]) {
    const {exitCode, stderr} = await runShop(['list-orders', ...args])
    t.is(exitCode, 2)
    t.true(stderr.includes('\\u001b[2J'))
    t.false(stderr.includes(evil))
  }
})
