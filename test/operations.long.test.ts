import {execFile} from 'node:child_process'
import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import test from 'ava'

import {createEmptyDatabase} from './helpers/database.ts'
import {runShop} from './helpers/run.ts'
import {spawnServe} from './helpers/serve.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('each command of the operations manual works, in the order of the manual', async (t) => {
  const {url} = await createEmptyDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'shop-operations-'))
  // The restore drill starts an embedded server, which root starts as another user.
  await chmod(folder, 0o755)
  t.teardown(async () => rm(folder, {recursive: true, force: true}))
  await writeFile(join(folder, 'shop'), `#!/bin/sh\nexec "${process.execPath}" "${root}bin/run.js" "$@"\n`, {
    mode: 0o755,
  })
  const env = {DATABASE_URL: url, SHOP_OPERATOR: 'olga'}
  const manual = await readFile(join(root, 'docs/operations.md'), 'utf8')
  const blocks = [...manual.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
  t.is(blocks.length, 7)

  const [start = '', ...others] = blocks
  t.is(start, 'shop migrate\nshop serve --workers auto\n')
  t.is((await runShop(['migrate'], {env})).exitCode, 0)
  t.is((await runShop(['load-fixture'], {env})).exitCode, 0)
  t.is((await runShop(['place-order', '-u', 'matt', '--item', '6'], {env})).exitCode, 0)
  const shop = spawnServe(t, {...env, SHOP_METRICS_PORT: '0', PORT: '0'}, ['--workers', 'auto'])
  const origin = await shop.url
  const metrics = new URL(/"metrics":"([^"]+)"/.exec(shop.stderr())?.[1] ?? '')

  const printed: string[] = []
  for (const block of others) {
    const script = block.replaceAll('localhost:8000', new URL(origin).host).replaceAll('localhost:9464', metrics.host)
    const {stdout} = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      maxBuffer: 10_000_000,
      env: {...env, PATH: `${folder}:${process.env.PATH ?? ''}`, SHOP_METRICS_PORT: metrics.port},
    })
    printed.push(stdout)
  }

  const [watched = '', audited = '', , drilled = '', upgraded = '', rotated = ''] = printed
  t.regex(watched, /^shop_orders_placed_total 0$/m)
  t.regex(audited, /^All \d+ invariants hold/)
  t.regex(drilled, /1 order/)
  t.regex(upgraded, /Nothing to do/)
  t.regex(rotated, /[0-9a-f]{8}/)
  shop.child.kill('SIGTERM')
  t.is(await shop.exitCode, 0)
})
