import test, {type ExecutionContext} from 'ava'

import {PriceList} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct} from '../helpers/shop.ts'

async function setUp(t: ExecutionContext): Promise<string> {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 6, price: null})
  const price = (currency: string, amount: number, from: string, by = {}) =>
    db('product_prices').insert({product_id: 6, currency, amount, effective_from: from, ...by})
  await price('USD', 1250, '2024-01-01')
  await price('USD', 99, '2999-01-01T09:30:00Z', {operator: 'anna', note: 'new crop'})
  await price('USD', 1300, '2025-06-01')
  await price('JPY', 150, '2024-01-01')
  return url
}

test('lists the prices by currency, latest first, and says which is current', async (t) => {
  const url = await setUp(t)

  const {exitCode, stdout, stderr} = await runShop(['list-prices', '6'], {env: {DATABASE_URL: url}})

  t.deepEqual([exitCode, stderr], [0, ''])
  t.deepEqual(
    stdout.split('\n').filter((line) => line.startsWith('│')),
    [
      '│ ID │ Currency │ Price │ From (UTC)          │ Status    │ By             │',
      '│  4 │ JPY      │   150 │ 2024-01-01 00:00:00 │ current   │                │',
      '│  2 │ USD      │  0.99 │ 2999-01-01 09:30:00 │ scheduled │ anna: new crop │',
      '│  3 │ USD      │ 13.00 │ 2025-06-01 00:00:00 │ current   │                │',
      '│  1 │ USD      │ 12.50 │ 2024-01-01 00:00:00 │ past      │                │',
    ],
  )
})

test('--currency lists one currency; --json has prices as strings', async (t) => {
  const url = await setUp(t)

  const {exitCode, stdout} = await runShop(['list-prices', '6', '--currency', 'usd', '--json'], {
    env: {DATABASE_URL: url},
  })

  t.is(exitCode, 0)
  const currency = 'USD'
  const nobody = {operator: null, note: null}
  t.deepEqual(PriceList.parse(JSON.parse(stdout)), {
    product_id: 6,
    prices: [
      {
        ...{id: 2, price: '0.99', currency, effective_from: '2999-01-01T09:30:00.000000Z', status: 'scheduled'},
        ...{operator: 'anna', note: 'new crop'},
      },
      {id: 3, price: '13.00', currency, effective_from: '2025-06-01T00:00:00.000000Z', status: 'current', ...nobody},
      {id: 1, price: '12.50', currency, effective_from: '2024-01-01T00:00:00.000000Z', status: 'past', ...nobody},
    ],
  })
})

test('a product without prices gets a note and no table; an unknown product is refused', async (t) => {
  const url = await setUp(t)
  const env = {DATABASE_URL: url}

  const none = await runShop(['list-prices', '6', '--currency', 'EUR'], {env})
  const json = await runShop(['list-prices', '6', '--currency', 'EUR', '--json'], {env})
  const unknown = await runShop(['list-prices', '7'], {env})
  const unknownJson = await runShop(['list-prices', '7', '--json'], {env})

  t.deepEqual(none, {
    exitCode: 0,
    stdout: '',
    stderr: 'No prices in EUR. To set one, run: shop set-price 6 AMOUNT --currency EUR\n',
  })
  t.deepEqual([json.exitCode, JSON.parse(json.stdout)], [0, {product_id: 6, prices: []}])
  t.is(unknown.exitCode, 1)
  t.regex(unknown.stderr, /There is no product 7\./)
  t.deepEqual([unknownJson.exitCode, JSON.parse(unknownJson.stdout).error.code], [1, 'unknown_product'])
})

test('a missing product and an unsupported currency are wrong usage', async (t) => {
  const none = await runShop(['list-prices'], {input: '6\n'})
  const gold = await runShop(['list-prices', '6', '--currency', 'XAU'])

  t.deepEqual([none.exitCode, gold.exitCode], [2, 2])
  t.regex(none.stderr, /Pass PRODUCT\./)
  t.regex(gold.stderr, /"XAU" is not a supported currency/)
})
