import test from 'ava'

import {runShop} from '../../../helpers/run.ts'

test('errors of wrong usage show control characters of arguments as escapes', async (t) => {
  const evil = '\u001b[2J'
  for (const args of [
    ['list-orders', '--from', evil],
    ['list-orders', `--${evil}`],
    [`list${evil}`],
    ['backup', `/${evil}/`],
  ]) {
    const {exitCode, stderr} = await runShop(args)
    t.is(exitCode, 2)
    t.true(stderr.includes('\\u001b[2J'), stderr)
    t.false(stderr.includes(evil), stderr)
  }
})
