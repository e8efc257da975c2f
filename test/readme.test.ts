import {execFile} from 'node:child_process'
import {chmod, mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import test from 'ava'

import {spawnServe} from './helpers/serve.ts'
import {until} from './helpers/until.ts'

/** What the walk looks into. */
type Printed = {order_id?: number; results?: object[]}

const root = fileURLToPath(new URL('../../', import.meta.url))

test("the README's examples work word for word on an embedded database, and leave no process behind", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'shop-readme-'))
  // If this runs as root, the server runs as another user, who must be able to enter the folder.
  await chmod(dataDir, 0o755)
  const env = {SHOP_DATA_DIR: dataDir}
  const shop = spawnServe(t, env, ['--demo', '--port', '0'])
  const origin = (await shop.url).replace('http://', '')
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const examples = readme.match(/^(curl|npx shop) .*$/gm) ?? []
  t.is(examples.length, 11)

  const outputs: string[] = []
  for (const example of examples) {
    const command = example.replace('localhost:8000', origin).replace('npx shop', `node ${join(root, 'bin/run.js')}`)
    const {stdout} = await promisify(execFile)(
      'sh',
      ['-c', command.replace(/^curl/, 'curl --silent --fail-with-body')],
      {
        env: {PATH: process.env.PATH, HOME: process.env.HOME, ...env},
      },
    )
    outputs.push(stdout)
  }
  const [login = '', products = '', order = '', history = '', listed = '', placed = '', orders = '', ...walk] = outputs
  t.regex(JSON.parse(login).token, /^[0-9a-f]{40}$/)
  t.is(JSON.parse(products).results.length, 20)
  t.like(JSON.parse(order), {message: 'Successfully created order'})
  t.is(JSON.parse(history).results[0].id, JSON.parse(order).order_id)
  t.regex(listed, /In stock/)
  t.regex(placed, /^Placed order 2: /)
  t.regex(orders, / 2 │/)
  const [filled, listedNow, ordered, historyNow] = walk.map((output) => JSON.parse(output) as Printed)
  t.like(filled, {total: '8.50', can_checkout: true, items: [{held: 2}]})
  t.like(listedNow?.results, [{id: 6, quantity_in_stock: 496}])
  t.like(ordered, {total_price: '8.50'})
  t.like(historyNow?.results?.[0], {id: ordered?.order_id, items: [{product: 'Sourdough Bread', quantity: 2}]})

  shop.child.kill('SIGTERM')
  t.is(await shop.exitCode, 0)
  // The keeper ends a moment after the server that it has stopped.
  await until(async () => !(await promisify(execFile)('ps', ['-eo', 'args'])).stdout.includes(dataDir))
  await rm(dataDir, {recursive: true})
})
