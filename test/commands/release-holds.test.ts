import test, {type ExecutionContext} from 'ava'

import {change, decideJobs, expireHolds, setItem} from '../helpers/baskets.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'
import {enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'

/** Basket 1 holds 3 of product 6 and 1 of product 7, and basket 2 holds 2 of product 7. */
async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  for (const id of [6, 7]) await addProduct(db, {id})
  const items = [
    {productId: 6, quantity: 3},
    {productId: 7, quantity: 1},
  ]
  await decideJobs(db, [change(await addUser(db), {kind: 'add', items})])
  await decideJobs(db, [setItem(await addUser(db), 7, 2)])
  const reserved = async () => db('stock_levels').orderBy('product_id').pluck('reserved')
  return {db, env: {DATABASE_URL: url}, reserved}
}

test('releases the holds of a product and of a basket, and says how many units are free again', async (t) => {
  const {db, env, reserved} = await setUp(t)

  await db('products').where({id: 7}).update({name: 'Tea'})
  const product = await runShop(['release-holds', '--product', 'tea', '--yes'], {env})
  t.deepEqual(product, {exitCode: 0, stdout: 'Released 3 units of 1 product.\n', stderr: ''})
  t.deepEqual(await reserved(), [3, 0])

  const basket = await runShop(['release-holds', '--basket', '1', '-y', '--json'], {env})
  t.deepEqual(JSON.parse(basket.stdout), {holds: 1, units: 3, products: 1})
  t.deepEqual(await reserved(), [0, 0])

  const none = await runShop(['release-holds', '--basket', '1', '--product', '6', '-y'], {env})
  t.deepEqual(none, {exitCode: 0, stdout: 'There are no such holds.\n', stderr: ''})
})

test('--expired needs no confirmation', async (t) => {
  const {db, env, reserved} = await setUp(t)
  await expireHolds(db, 1)

  const other = await runShop(['release-holds', '--expired', '--basket', '2'], {env})
  const run = await runShop(['release-holds', '--expired'], {env})

  t.is(other.stdout, 'There are no such holds.\n')
  t.deepEqual(run, {exitCode: 0, stdout: 'Released 4 units of 2 products.\n', stderr: ''})
  t.deepEqual(await reserved(), [0, 2])
})

test('an unknown product or basket is refused', async (t) => {
  const {env, reserved} = await setUp(t)

  const product = await runShop(['release-holds', '--product', '9', '--expired'], {env})
  const basket = await runShop(['release-holds', '--basket', '9', '--yes'], {env})
  const json = await runShop(['release-holds', '--basket', '9', '--yes', '--json'], {env})

  t.deepEqual([product.exitCode, basket.exitCode, json.exitCode], [1, 1, 1])
  t.regex(product.stderr, /^Error: There is no product 9\./)
  t.is(basket.stderr, 'Error: There is no basket 9.\nTo see the baskets, run: shop list-baskets\n')
  t.is(JSON.parse(json.stdout).error.code, 'unknown_basket')
  t.deepEqual(await reserved(), [3, 3])
})

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['release-holds', ...args], {input: 'y\n'})

    t.deepEqual([run.exitCode, run.stdout], [2, ''])
    t.regex(run.stderr.replaceAll(/\s+/g, ' '), message)
  },
  title: (_, args) => `${['release-holds', ...args].join(' ')} is wrong usage`,
})

test(isWrongUsage, [], /Pass --product, --basket or --expired/)
test(isWrongUsage, ['--yes'], /Pass --product, --basket or --expired/)
test(isWrongUsage, ['--product', '6'], /Pass --yes to release holds that have not expired/)
test(isWrongUsage, ['--product', '', '--yes'], /"" is not a valid product/)
test(isWrongUsage, ['--basket', '0', '--yes'], /--basket must be a positive whole number, not "0"/)

const inTerminal = hasTerminal ? test : test.skip

inTerminal('in a terminal, asks for confirmation and says what would be released', async (t) => {
  const {env, reserved} = await setUp(t)

  const declined = openTerminal(t, ['release-holds', '--product', '7'], env)
  await declined.see('Release 3 units of 1 product?')
  declined.type(enter)
  await declined.see('Nothing was released.')
  t.is(await declined.exitCode, 0)
  t.deepEqual(await reserved(), [3, 3])

  const confirmed = openTerminal(t, ['release-holds', '--basket', '1'], env)
  await confirmed.see('Release 4 units of 2 products?')
  confirmed.type(`y${enter}`)
  await confirmed.see('Released 4 units of 2 products.')
  t.is(await confirmed.exitCode, 0)
  t.deepEqual(await reserved(), [0, 2])
})
