import {execFile} from 'node:child_process'
import {chmod, mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import test, {type ExecutionContext} from 'ava'

import {spawnServe} from './helpers/serve.ts'
import {until} from './helpers/until.ts'

/** What the walk looks into. */
type Printed = {order_id?: number; results?: object[]; payment_status?: string; code?: string}

const root = fileURLToPath(new URL('../../', import.meta.url))

test("the README's examples work word for word on an embedded database, and leave no process behind", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'shop-readme-'))
  // If this runs as root, the server runs as another user, who must be able to enter the folder.
  await chmod(dataDir, 0o755)
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [before = '', after = ''] = readme.split('## Payments\n')
  const orders = examplesIn(before)
  const payments = examplesIn(after)
  t.is(orders.length, 11)
  t.is(payments.length, 9)

  const outputs = await walk(t, orders, {SHOP_DATA_DIR: dataDir})
  const [login = '', products = '', order = '', history = '', listed = '', placed = '', list = '', ...baskets] = outputs
  t.regex(JSON.parse(login).token, /^[0-9a-f]{40}$/)
  t.is(JSON.parse(products).results.length, 20)
  t.like(JSON.parse(order), {message: 'Successfully created order'})
  t.is(JSON.parse(history).results[0].id, JSON.parse(order).order_id)
  t.regex(listed, /In stock/)
  t.regex(placed, /^Placed order 2: /)
  t.regex(list, / 2 │/)
  const [filled, listedNow, ordered, historyNow] = baskets.map((output) => JSON.parse(output) as Printed)
  t.like(filled, {total: '8.50', can_checkout: true, items: [{held: 2}]})
  t.like(listedNow?.results, [{id: 6, quantity_in_stock: 496}])
  t.like(ordered, {total_price: '8.50'})
  t.like(historyNow?.results?.[0], {id: ordered?.order_id, items: [{product: 'Sourdough Bread', quantity: 2}]})

  t.regex(after, /^export SHOP_PAYMENT=optional\nnpm start$/m)
  const paid = await walk(t, payments, {SHOP_DATA_DIR: dataDir, SHOP_PAYMENT: 'optional'})
  t.deepEqual(
    paid.filter((output) => output.startsWith('Stored payment method')).map((output) => output.trim()),
    [
      'Stored payment method 1 of matt: visa 4242 (ok), the default.',
      'Stored payment method 2 of matt: visa 9995 (insufficient_funds).',
      'Stored payment method 3 of matt: visa 3155 (requires_action).',
    ],
  )
  const answers = paid.filter((output) => output.startsWith('{')).map((output) => JSON.parse(output) as Printed)
  const [good, payment, declined, pending, acted, refreshed] = answers
  t.like(good, {order_id: 4, payment_status: 'paid'})
  t.like(payment, {order_id: 4, captured: '4.25'})
  t.like(declined, {status: 402, code: 'payment_declined', decline_code: 'insufficient_funds'})
  t.like(pending, {order_id: 6, payment_status: 'pending', next_action: {type: 'redirect'}})
  t.like(acted, {state: 'captured'})
  t.like(refreshed, {order_id: 6, payment_status: 'paid'})

  // The keeper ends a moment after the server that it has stopped.
  await until(async () => !(await promisify(execFile)('ps', ['-eo', 'args'])).stdout.includes(dataDir))
  await rm(dataDir, {recursive: true})
})

function examplesIn(text: string): string[] {
  return text.match(/^(curl|npx shop) .*$/gm) ?? []
}

/** Serves the shop, runs the examples one after another, and stops it. Returns what they print. */
async function walk(t: ExecutionContext, examples: string[], env: Record<string, string>): Promise<string[]> {
  const shop = spawnServe(t, env, ['--demo', '--port', '0'])
  const origin = (await shop.url).replace('http://', '')
  const outputs: string[] = []
  for (const example of examples) {
    const command = example
      .replaceAll('localhost:8000', origin)
      .replace('npx shop', `node ${join(root, 'bin/run.js')}`)
      .replace(/^curl/, 'curl --silent')
    const {stdout} = await promisify(execFile)('sh', ['-c', command], {
      env: {PATH: process.env.PATH, HOME: process.env.HOME, ...env},
    })
    outputs.push(stdout)
  }
  shop.child.kill('SIGTERM')
  t.is(await shop.exitCode, 0)
  return outputs
}
