import test from 'ava'

import {findPrices} from '../../src/services/products/prices.ts'
import {SetPrice} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct} from '../helpers/shop.ts'

const sets = test.macro<[args: string[], says: RegExp, amount: number, currency?: string]>({
  async exec(t, args, says, amount, currency = 'USD') {
    const {db, url} = await createDatabase(t)
    await addProduct(db, {id: 6, price: 1000})

    const run = await runShop(['set-price', '6', ...args], {env: {DATABASE_URL: url}})

    t.deepEqual([run.exitCode, run.stderr], [0, ''])
    t.regex(run.stdout, says)
    t.is((await findPrices(db, {productIds: [6], currency})).get(6), amount)
  },
  title: (_, args) => `set-price 6 ${args.join(' ')}`,
})

test(sets, ['12.5'], /^Product 6 costs 12\.50 USD now\.\n$/, 1250)
test(sets, ['0'], /^Product 6 costs 0\.00 USD now\.\n$/, 0)
test(sets, ['150', '--currency', 'jpy'], /^Product 6 costs 150 JPY now\.\n$/, 150, 'JPY')
test(sets, ['1.234', '--currency', 'KWD'], /^Product 6 costs 1\.234 KWD now\.\n$/, 1234, 'KWD')
test(
  sets,
  ['12.50', '--from', '2999-01-01'],
  /^Product 6 will cost 12\.50 USD from 2999-01-01 00:00:00 UTC\. Until then it costs 10\.00 USD\.\n$/,
  1000,
)
test(
  sets,
  ['12.50', '--from', '2020-01-01T09:00:00+01:00'],
  /^Product 6 cost 12\.50 USD from 2020-01-01 08:00:00 UTC\. It now costs 10\.00 USD\.\n$/,
  1000,
)

test('--json has the new price, its time and the current price; SHOP_CURRENCY is the default', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 6})

  const run = await runShop(
    ['set-price', '6', '12.50', '--from', '2999-01-01T10:00', '--reason', 'new crop', '--json'],
    {
      env: {DATABASE_URL: url, SHOP_CURRENCY: 'EUR', SHOP_OPERATOR: 'anna'},
    },
  )

  t.is(run.exitCode, 0)
  t.deepEqual(SetPrice.parse(JSON.parse(run.stdout)), {
    product_id: 6,
    id: 2,
    price: '12.50',
    currency: 'EUR',
    effective_from: '2999-01-01T10:00:00.000000Z',
    status: 'scheduled',
    operator: 'anna',
    note: 'new crop',
    price_now: null,
  })
})

test('a price of an unknown product is refused', async (t) => {
  const {url} = await createDatabase(t)

  const text = await runShop(['set-price', '7', '1'], {env: {DATABASE_URL: url}})
  const json = await runShop(['set-price', '7', '1', '--json'], {env: {DATABASE_URL: url}})

  t.deepEqual([text.exitCode, text.stdout], [1, ''])
  t.regex(text.stderr, /There is no product 7\./)
  t.deepEqual([json.exitCode, JSON.parse(json.stdout).error.code], [1, 'unknown_product'])
})

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['set-price', ...args], {input: '6\n'})

    t.deepEqual([run.exitCode, run.stdout], [2, ''])
    t.regex(run.stderr.replaceAll(/\s+›?\s*/g, ' '), message)
  },
  title: (_, args) => `${['set-price', ...args].join(' ')} is wrong usage`,
})

test(isWrongUsage, [], /Pass PRODUCT and AMOUNT\./)
test(isWrongUsage, ['6'], /Pass AMOUNT/)
test(isWrongUsage, ['a\0b', '1'], /is not a valid product/)
test(isWrongUsage, ['6', 'cheap'], /"cheap" is not a valid amount\. Use a number such as 12\.34\./)
test(isWrongUsage, ['6', '1e3'], /"1e3" is not a valid amount/)
test(isWrongUsage, ['6', '1.005'], /"1\.005" has too many decimals\. USD has 2, as in 12\.34\./)
test(isWrongUsage, ['6', '1.5', '--currency', 'JPY'], /"1\.5" has too many decimals\. JPY has 0, as in 1234\./)
test(isWrongUsage, ['6', '--', '-1'], /"-1" is negative\. Use an amount of 0 or more\./)
test(isWrongUsage, ['6', '90071992547409.92'], /too large\. Use at most 90071992547409\.91\./)
test(isWrongUsage, ['6', '1', '--currency', 'XAU'], /"XAU" is not a supported currency/)
test(
  isWrongUsage,
  ['6', '1', '--from', 'tomorrow'],
  /^Error: --from: "tomorrow" is not a valid time\. Use a date or time such as 2027-01-01/,
)
test(isWrongUsage, ['6', '1', '--from', '2027-02-30'], /is not a valid time/)
