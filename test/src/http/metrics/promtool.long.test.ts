import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {text} from 'node:stream/consumers'

import test from 'ava'

import {startWatchedShop} from '../../../helpers/metrics.ts'

const isInstalled = spawnSync('promtool', ['--version']).error === undefined
const check = isInstalled ? test : test.skip

check('promtool finds nothing wrong with the metrics (needs promtool, of the Debian package prometheus)', async (t) => {
  const shop = await startWatchedShop(t)
  await fetch(`${shop.origin}/products/list/`)
  const promtool = spawn('promtool', ['check', 'metrics'])
  promtool.stdin.end(await (await fetch(shop.metricsUrl)).text())
  const [output, errors, [code]] = await Promise.all([
    text(promtool.stdout),
    text(promtool.stderr),
    once(promtool, 'close') as Promise<[number]>,
  ])

  t.is(output + errors, '')
  t.is(code, 0)
})
