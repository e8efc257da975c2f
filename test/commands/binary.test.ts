import {readFile} from 'node:fs/promises'

import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {createPool} from '../../src/services/stock/pools.ts'
import {decideJobs, setItem} from '../helpers/baskets.ts'
import {createDatabase, shareDatabase} from '../helpers/database.ts'
import {runShop, spawnShop} from '../helpers/run.ts'
import type {Run} from '../helpers/run-in-process.ts'
import {placePaidOrder} from '../helpers/payments.ts'
import {addProduct, addUser, usdOrder} from '../helpers/shop.ts'
import {isLongTier} from '../helpers/tier.ts'

// Most tests of commands run them in their own process. These start the real binary for each command, and show that
// both give the same exit code, standard output and standard error.

type Call = {args: string[]; input?: string; env?: Record<string, string>}

const payments = {SHOP_PAYMENT: 'optional'}

/** Each command, with one call that succeeds, one that the shop refuses and one that is wrong usage. */
const calls: Record<string, {success: Call; refusal?: Call; misuse: Call}> = {
  'add-test-method': {
    success: {args: ['matt'], env: payments},
    refusal: {args: ['matt', '--json']},
    misuse: {args: ['matt', '--outcome', 'x'], env: payments},
  },
  'adjust-stock': {
    success: {args: ['6', '--by', '5', '--json']},
    refusal: {args: ['7', '--by', '5']},
    misuse: {args: ['6', '--by', '1', '--to', '1']},
  },
  audit: {success: {args: []}, refusal: unreachable([]), misuse: {args: ['--everything']}},
  capture: {
    success: {args: ['2'], env: payments},
    refusal: {args: ['1', '--json'], env: payments},
    misuse: {args: [], input: '2\n', env: payments},
  },
  'cancel-order': {
    success: {args: ['1', '--yes']},
    refusal: {args: ['7', '--yes', '--json']},
    misuse: {args: ['1'], input: 'y\n'},
  },
  'create-pool': {success: {args: ['east']}, refusal: {args: ['default', '--json']}, misuse: {args: []}},
  'create-product': {
    success: {args: ['Tea', '--price', '2.50', '--json']},
    refusal: {args: [' ', '--price', '1']},
    misuse: {args: ['Tea', '--price', '1.234', '--json']},
  },
  'create-user': {
    success: {args: ['anna', '--password-stdin'], input: 'secret password\n'},
    refusal: {args: ['matt', '--password-stdin'], input: 'secret password\n'},
    misuse: {args: ['anna', 'secret']},
  },
  'dump-fixture': {
    success: {args: ['--format', 'ndjson']},
    refusal: unreachable([]),
    misuse: {args: ['--json']},
  },
  'generate-fixture': {
    success: {args: ['--products', '2000', '--seed', '7', '--format', 'csv']},
    misuse: {args: ['--orders', '1', '--products', '1']},
  },
  'list-baskets': {
    success: {args: ['--held']},
    refusal: {args: ['--user', 'nobody', '--json']},
    misuse: {args: ['--page', '0']},
  },
  'list-orders': {
    success: {args: ['--user', 'matt', '--json']},
    refusal: {args: ['--user', 'nobody']},
    misuse: {args: ['--min-total', 'x']},
  },
  'list-payments': {success: {args: []}, refusal: {args: ['--page', '2']}, misuse: {args: ['--state', 'x']}},
  'list-prices': {success: {args: ['6']}, refusal: {args: ['rise']}, misuse: {args: ['']}},
  'list-products': {
    success: {args: []},
    refusal: {args: ['--page', '2', '--json']},
    misuse: {args: ['--page', 'x', '--json']},
  },
  'load-fixture': {
    success: {args: ['-'], input: 'name,price,stock\nTea,2.50,1\n'},
    refusal: {args: ['-', '--json'], input: 'name,price,stock\nTea,1\nRice,x,1\n'},
    misuse: {args: ['/there/is/no/such/file']},
  },
  migrate: {success: {args: []}, refusal: unreachable([]), misuse: {args: ['--down']}},
  'migrate:rollback': {success: {args: ['--yes']}, refusal: unreachable(['--yes']), misuse: {args: []}},
  'migrate:status': {success: {args: []}, refusal: unreachable([]), misuse: {args: ['--pending']}},
  openapi: {success: {args: ['--yaml']}, misuse: {args: ['--yaml', '--json']}},
  'move-stock': {
    success: {args: ['rice', '2', '--from', 'default', '--to', 'west']},
    refusal: {args: ['6', '99', '--from', 'default', '--to', 'west', '--json']},
    misuse: {args: ['6', '0', '--from', 'default', '--to', 'west']},
  },
  'place-order': {
    success: {args: ['--user', 'matt', '--item', '6:2']},
    refusal: {args: ['--user', 'matt', '--item', '6:100', '--json']},
    misuse: {args: ['--user', 'matt', '--item', '6:0']},
  },
  'reconcile-payments': {
    success: {args: ['--json'], env: payments},
    refusal: {args: ['--fix']},
    misuse: {args: ['--since', 'yesterday'], env: payments},
  },
  refund: {
    success: {args: ['3', '--amount', '1'], env: payments},
    refusal: {args: ['1'], env: payments},
    misuse: {args: ['3', '--amount', '0'], env: payments},
  },
  'release-holds': {
    success: {args: ['--product', '6', '--yes']},
    refusal: {args: ['--basket', '7', '--yes', '--json']},
    misuse: {args: ['--basket', '1'], input: 'y\n'},
  },
  report: {success: {args: ['--by', 'product']}, refusal: unreachable([]), misuse: {args: ['--by', 'week']}},
  'set-price': {
    success: {args: ['6', '12.50', '--from', '2999-01-01']},
    refusal: {args: ['7', '1']},
    misuse: {args: ['6', '1e3']},
  },
  'set-prices': {
    success: {args: ['--percent', '5', '--dry-run']},
    refusal: {args: ['--percent', '5', '--from', '2020-01-01', '--yes']},
    misuse: {args: ['--percent', '5']},
  },
  'show-basket': {success: {args: ['1', '--json']}, refusal: {args: ['7']}, misuse: {args: [], input: '1\n'}},
  'show-order': {success: {args: ['1']}, refusal: {args: ['7']}, misuse: {args: ['7.5']}},
  'show-product': {success: {args: ['6']}, refusal: {args: ['7']}, misuse: {args: []}},
  'update-product': {
    success: {args: ['6', '--name', 'Basmati']},
    refusal: {args: ['7', '--disable']},
    misuse: {args: ['6']},
  },
  'update-products': {
    success: {args: ['-', '--reason', 'counted'], input: 'id,price,stock\n6,3.50,40\n'},
    refusal: {args: ['-', '--json'], input: 'id,stock\n6,x\n'},
    misuse: {args: ['-', '--by', 'price'], input: 'id,stock\n6,1\n'},
  },
}

/** Commands that need a process to themselves in every test: a server, and a REPL in the global scope. */
const alwaysSpawned = ['serve', 'shell']

/** Others of their groups are started above. */
const inProcessOnly = [
  'activate-user',
  'backup',
  'cancel-price',
  'completion',
  'create-token',
  'db-shell',
  'deactivate-user',
  'delete-pool',
  'delete-product',
  'doctor',
  'list-movements',
  'list-pools',
  'list-tokens',
  'list-users',
  'open',
  'rename-pool',
  'restore',
  'revoke-tokens',
  'set-password',
  'show-user',
  'status',
  'top',
  'unlock-user',
]

function unreachable(args: string[]): Call {
  return {args, env: {DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop'}}
}

/** For commands that succeed, and so may change it. */
async function createShop(t: ExecutionContext): Promise<string> {
  const {db, url} = await createDatabase(t)
  await fill(db)
  return url
}

/** For commands that are refused. */
const shared = shareDatabase(test, fill)

async function fill(db: Knex): Promise<void> {
  const userId = await addUser(db, 'matt')
  await addProduct(db, {id: 6, name: 'Rice', stock: 10, price: 250})
  await placeOrder(db, usdOrder(userId, [{productId: 6, quantity: 3}]))
  await createPool(db, 'west')
  await decideJobs(db, [setItem(userId, 6, 2)])
  for (const capture of ['manual', 'automatic'] as const) await placePaidOrder(db, {userId, productId: 6, capture})
}

/** The two databases were made at different moments, and have different names. */
function withoutTimes({exitCode, stdout, stderr}: Run): Run {
  const replace = (text: string) =>
    text.replaceAll(/2\d{3}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?/g, 'TIME').replaceAll(/test_[0-9a-f]{32}/g, 'DATABASE')
  return {exitCode, stdout: replace(stdout), stderr: replace(stderr)}
}

const answersAlike = test.macro<[id: string, call: Call, exitCode: number]>({
  async exec(t, id, {args, env = {}, input = ''}, exitCode) {
    const [here, there] = exitCode === 0 ? [await createShop(t), await createShop(t)] : [shared().url, shared().url]
    const words = [...id.split(':'), ...args]

    const run = await runShop(words, {env: {DATABASE_URL: here, ...env}, input})
    const spawned = await spawnShop(words, {env: {DATABASE_URL: there, ...env}, input})

    t.is(spawned.exitCode, exitCode)
    t.deepEqual(withoutTimes(run), withoutTimes(spawned))
  },
  title: (_, id, {args}, exitCode) =>
    `${[...id.split(':'), ...args].join(' ')} exits with ${exitCode}, and says the same from a process and without one`,
})

// All commands take the same way: those of the others are long tests.
const compared = isLongTier ? Object.keys(calls) : ['adjust-stock', 'place-order', 'refund']
for (const [id, {success, refusal, misuse}] of Object.entries(calls)) {
  if (!compared.includes(id)) continue
  test(answersAlike, id, success, 0)
  if (refusal) test(answersAlike, id, refusal, 1)
  test(answersAlike, id, misuse, 2)
}

test(answersAlike, '--help', {args: []}, 0)
test(answersAlike, '--version', {args: []}, 0)
test(answersAlike, 'place-order', {args: ['--help']}, 0)
test(answersAlike, 'migrate', {args: ['--help']}, 0)
test(answersAlike, 'no-such-command', {args: []}, 2)
test(answersAlike, 'no-such-command', {args: ['--json']}, 2)
test(answersAlike, 'version', {args: []}, 0)
test(answersAlike, 'help', {args: ['place-order']}, 0)

test('each command of the manifest is started above, or one of its group', async (t) => {
  const manifest = JSON.parse(await readFile(new URL('../../../oclif.manifest.json', import.meta.url), 'utf8')) as {
    commands: Record<string, unknown>
  }
  t.deepEqual([...Object.keys(calls), ...alwaysSpawned, ...inProcessOnly].sort(), Object.keys(manifest.commands).sort())
})

test('runs at the same time see neither the environment nor the output of each other, nor of the test', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db, {name: 'Rice'})
  const currencies = ['USD', 'EUR', 'JPY', 'GBP']
  for (const [index, currency] of currencies.entries()) {
    if (currency !== 'USD') await db('product_prices').insert({product_id: productId, currency, amount: index * 100})
  }

  const runs = await Promise.all(
    currencies.map(async (currency) =>
      runShop(['list-products', '--json'], {env: {DATABASE_URL: url, SHOP_CURRENCY: currency}}),
    ),
  )

  t.deepEqual(
    runs.map(({stdout}) => /"currency": "(\w+)"/.exec(stdout)?.[1]),
    currencies,
  )
  t.is(process.env.SHOP_CURRENCY, undefined)
  t.is(process.exitCode, undefined)
})
