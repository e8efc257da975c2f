import {userInfo} from 'node:os'

import test from 'ava'

import {createPool} from '../../src/services/stock/pools.ts'
import {AdjustedStock} from '../helpers/cli-json/stock.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, stockOf} from '../helpers/shop.ts'

const adjusts = test.macro<[args: string[], says: string, onHand: number]>({
  async exec(t, args, says, onHand) {
    const {db, url} = await createDatabase(t)
    await addProduct(db, {id: 6, stock: 10})

    const run = await runShop(['adjust-stock', '6', ...args], {env: {DATABASE_URL: url}})

    t.deepEqual(run, {exitCode: 0, stdout: `Product 6 in stock pool default: ${says}.\n`, stderr: ''})
    t.is(await stockOf(db, 6), onHand)
  },
  title: (_, args) => `adjust-stock 6 ${args.join(' ')}`,
})

test(adjusts, ['--by', '5'], '10 -> 15', 15)
test(adjusts, ['--by=-3'], '10 -> 7', 7)
test(adjusts, ['--by', '-3'], '10 -> 7', 7)
test(adjusts, ['--to', '4'], '10 -> 4', 4)
test(adjusts, ['--to', '10'], '10 -> 10', 10)
test(adjusts, ['--to=0', '--pool', 'default'], '10 -> 0', 0)
test(adjusts, ['--to', '1000'], '10 -> 1000', 1000)
test(adjusts, ['--to', '1001', '--yes'], '10 -> 1001', 1001)

test('--json has the quantity before and after, in the given pool', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 6, stock: 10})
  await createPool(db, 'east')

  const run = await runShop(['adjust-stock', '6', '--to', '4', '--pool', 'east', '--json'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 0)
  t.deepEqual(AdjustedStock.parse(JSON.parse(run.stdout)), {product_id: 6, pool: 'east', before: 0, after: 4})
  t.is(await stockOf(db, 6), 14)
})

test('the movement keeps the operator and the reason, and show-product shows them', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 6, stock: 10})
  const env = {DATABASE_URL: url, SHOP_OPERATOR: 'anna'}

  await runShop(['adjust-stock', '6', '--by=-2', '--reason', 'broken glass'], {env})
  await runShop(['adjust-stock', '6', '--by', '1'], {env: {DATABASE_URL: url}})
  const shown = await runShop(['show-product', '6'], {env})
  const json = await runShop(['show-product', '6', '--json'], {env})

  t.regex(shown.stdout, /adjust .* -2 +│ anna: broken glass/)
  const [latest, earlier] = JSON.parse(json.stdout).stock_movements as {operator: string; note: string | null}[]
  t.like(earlier, {operator: 'anna', note: 'broken glass'})
  t.like(latest, {operator: userInfo().username, note: null})
})

test('a reason without text is wrong usage', async (t) => {
  const {url} = await createDatabase(t)
  const run = await runShop(['adjust-stock', '6', '--by', '1', '--reason', ' '], {env: {DATABASE_URL: url}})
  t.is(run.exitCode, 2)
  t.regex(run.stderr, /--reason must have 1 to 500 characters/)
})

const isRefused = test.macro<[string[], string, RegExp]>({
  async exec(t, args, code, message) {
    const {db, url} = await createDatabase(t)
    await addProduct(db, {id: 6, stock: 10})
    await db('stock_levels').update({reserved: 4})
    await createPool(db, 'east')

    const text = await runShop(['adjust-stock', ...args], {env: {DATABASE_URL: url}})
    const json = await runShop(['adjust-stock', ...args, '--json'], {env: {DATABASE_URL: url}})

    t.deepEqual([text.exitCode, text.stdout], [1, ''])
    t.regex(text.stderr, message)
    t.deepEqual([json.exitCode, JSON.parse(json.stdout).error.code], [1, code])
    t.is(await stockOf(db, 6), 10)
  },
  title: (_, args) => `adjust-stock ${args.join(' ')} is refused`,
})

const tooLittle =
  /default has 10 of product 6, 4 of them held by baskets: at most 6 .*\n.* --by=-6 or --to 4\. .* release-holds --product 6/
test(isRefused, ['6', '--by=-7'], 'too_little_stock', tooLittle)
test(isRefused, ['6', '--to', '3'], 'too_little_stock', tooLittle)
test(isRefused, ['6', '--by=-1', '--pool', 'east'], 'too_little_stock', /east has 0 .*: none can be taken out\.\n$/)
test(
  isRefused,
  ['6', '--by', '1000000000000', '--yes'],
  'too_much_stock',
  /10 of product 6, .*\n.* --to 1000000000000 or less/,
)
test(isRefused, ['7', '--by', '1'], 'unknown_product', /There is no product 7\./)
test(isRefused, ['0', '--by', '1'], 'unknown_product_name', /There is no product "0"\./)
test(isRefused, ['6', '--by', '991'], 'large_stock_change', /from 10 to 1001, more than a hundredfold\.\n.* --yes/)
test(isRefused, ['6', '--to', '10001', '--pool', 'east'], 'large_stock_change', /from 0 to 10001/)
test(
  isRefused,
  ['6', '--by', '1', '--pool', 'west'],
  'unknown_pool',
  /no stock pool "west"\. Existing pools: default, east\./,
)

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['adjust-stock', ...args], {input: '6\n'})

    t.deepEqual([run.exitCode, run.stdout], [2, ''])
    t.regex(run.stderr, message)
  },
  title: (_, args) => `${['adjust-stock', ...args].join(' ')} is wrong usage`,
})

test(isWrongUsage, ['--by', '1'], /PRODUCT/)
test(isWrongUsage, ['6'], /--by or --to/)
test(isWrongUsage, ['6', '--by', '1', '--to', '1'], /cannot be used with/)
test(isWrongUsage, ['--by', '2', ' '], /" " is not a valid product\. Use an id, a SKU or a name\./)
test(isWrongUsage, [], /Pass PRODUCT and --by or --to\./)
test(
  isWrongUsage,
  ['6', '--by', '1.5'],
  /^Error: --by must be a whole number from -1000000000000 to 1000000000000, not "1\.5"\.\n$/,
)
test(isWrongUsage, ['6', '--to=-1'], /--to must be a whole number from 0 to/)
test(isWrongUsage, ['6', '--by', '99999999999999999999'], /--by must be a whole number from/)
test(isWrongUsage, ['6', '--by', '--pool', 'east'], /--by expects a value/)
