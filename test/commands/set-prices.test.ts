import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../src/services/audit.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {cancelPrices} from '../../src/services/products/cancel-prices.ts'
import {changePrices} from '../../src/services/products/change-prices.ts'
import {findPrices, setPrice} from '../../src/services/products/prices.ts'
import {auditListings, listAll} from '../helpers/catalogue.ts'
import {CancelledPrices, ChangedPrices} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {findMispriced} from '../helpers/mispriced.ts'
import {placeAndHold} from '../helpers/place-and-hold.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser, usdOrder} from '../helpers/shop.ts'
import {enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'
import {fc, sized} from '../helpers/tier.ts'
import {untilWaiting} from '../helpers/until.ts'

async function setUp(t: ExecutionContext): Promise<{db: Knex; env: Record<string, string>}> {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 1, name: 'Brown rice', price: 250})
  await addProduct(db, {id: 2, name: 'Rice', price: 1, enabled: false})
  await addProduct(db, {id: 3, name: 'Tea', price: 1000, stock: 0})
  await addProduct(db, {id: 4, name: 'Salt', price: null})
  await db('product_prices').insert({product_id: 4, currency: 'JPY', amount: 155})
  return {db, env: {DATABASE_URL: url, SHOP_OPERATOR: 'anna'}}
}

async function pricesOf(db: Knex, currency = 'USD', time?: string): Promise<(number | undefined)[]> {
  const prices = await findPrices(db, {productIds: [1, 2, 3, 4], currency, ...(time !== undefined && {time})})
  return [1, 2, 3, 4].map((id) => prices.get(id))
}

test('--dry-run prints every change and changes nothing', async (t) => {
  const {db, env} = await setUp(t)

  const run = await runShop(['set-prices', '--percent', '+5', '--dry-run'], {env})
  const json = await runShop(['set-prices', '--percent', '+5', '--dry-run', '--json'], {env})

  t.deepEqual(run, {
    exitCode: 0,
    stdout:
      'Product 1, Brown rice: 2.50 -> 2.63 USD\n' +
      'Product 3, Tea: 10.00 -> 10.50 USD\n' +
      'Nothing was changed. 2 prices in USD would change. 1 price stays the same.\n',
    stderr: '',
  })
  t.deepEqual(ChangedPrices.parse(JSON.parse(json.stdout)), {
    applied: false,
    currency: 'USD',
    effective_from: null,
    changed: 2,
    unchanged: 1,
    changes: [
      {product_id: 1, name: 'Brown rice', before: '2.50', after: '2.63'},
      {product_id: 3, name: 'Tea', before: '10.00', after: '10.50'},
    ],
  })
  t.deepEqual(await pricesOf(db), [250, 1, 1000, undefined])
})

test('changes prices with operator and reason, and the list follows', async (t) => {
  const {db, env} = await setUp(t)
  await listAll(db)

  const run = await runShop(['set-prices', '--percent', '-10', '--yes', '--reason', 'sale', '--json'], {env})

  t.is(run.exitCode, 0)
  t.like(ChangedPrices.parse(JSON.parse(run.stdout)), {
    applied: true,
    changed: 2,
    unchanged: 1,
    changes: [
      {product_id: 1, after: '2.25'},
      {product_id: 3, after: '9.00'},
    ],
  })
  t.deepEqual(await pricesOf(db), [225, 1, 900, undefined])
  t.deepEqual(await pricesOf(db, 'JPY'), [undefined, undefined, undefined, 155])
  t.deepEqual(
    (await listAll(db)).map(({id, price}) => [id, price]),
    [[1, 225]],
  )
  const added = await db('product_prices').whereNotNull('operator').select('operator', 'note')
  t.deepEqual(
    added,
    Array.from({length: 2}, () => ({operator: 'anna', note: 'sale'})),
  )
  t.deepEqual(await auditListings(db), [])
})

test('--search, --currency and --round choose what changes, and how', async (t) => {
  const {db, env} = await setUp(t)

  const rice = await runShop(['set-prices', '--percent', '100', '--search', 'ríce', '--round', '0.50', '--yes'], {env})
  const yen = await runShop(['set-prices', '--percent', '3.3', '--currency', 'jpy', '--round', '10', '--yes'], {env})
  const none = await runShop(['set-prices', '--percent', '5', '--currency', 'EUR', '--yes'], {env})

  t.is(rice.stdout, 'Changed 2 prices in USD.\n')
  t.deepEqual(await pricesOf(db), [500, 0, 1000, undefined])
  t.is(yen.stdout, 'Changed 1 price in JPY.\n')
  t.is((await pricesOf(db, 'JPY'))[3], 160)
  t.is(none.stdout, 'No product has a price in EUR to change.\n')
})

test('--from schedules the change of what is valid then, until cancel-price takes it back', async (t) => {
  const {db, env} = await setUp(t)
  await setPrice(db, {productId: 1, currency: 'USD', amount: 400, effectiveFrom: '2998-01-01T00:00:00Z'})

  const run = await runShop(['set-prices', '--percent', '50', '--from', '2999-01-01', '--yes'], {env})
  t.is(run.stdout, 'Changed 3 prices in USD from 2999-01-01 00:00:00 UTC.\n')
  t.deepEqual(await pricesOf(db), [250, 1, 1000, undefined])
  t.deepEqual(await pricesOf(db, 'USD', '2999-01-01T00:00:00Z'), [600, 2, 1500, undefined])
  t.deepEqual(await auditListings(db), [])

  const one = await runShop(['cancel-price', 'tea', '--currency', 'usd', '--yes', '--json'], {env})
  t.like(CancelledPrices.parse(JSON.parse(one.stdout)), {
    count: 1,
    prices: [{product_id: 3, price: '15.00', status: 'scheduled', operator: 'anna'}],
  })
  const all = await runShop(['cancel-price', '--from', '2999-01-01', '--yes'], {env})
  t.is(all.stdout, 'Cancelled 2 scheduled prices.\n')
  t.deepEqual(await pricesOf(db, 'USD', '2999-01-01T00:00:00Z'), [400, 1, 1000, undefined])
  t.deepEqual((await audit(db)).findings, [])
})

test('a cancelled price is listed again only if it could have taken effect meanwhile', async (t) => {
  const {db} = await setUp(t)
  const soon = new Date(Date.now() + 60_000).toISOString()
  await setPrice(db, {productId: 1, currency: 'USD', amount: 400, effectiveFrom: '2998-01-01T00:00:00Z'})
  await setPrice(db, {productId: 3, currency: 'USD', amount: 400, effectiveFrom: soon})
  await listAll(db)

  await cancelPrices(db, {currency: 'USD'})

  t.deepEqual(await db('listing_refreshes').where({due_at: '-infinity'}).pluck('product_id'), [3])
  await listAll(db)
  t.deepEqual(await auditListings(db), [])
})

test('a price that has taken effect, or that there is not, cannot be cancelled', async (t) => {
  const {db, env} = await setUp(t)
  await setPrice(db, {productId: 1, currency: 'USD', amount: 400, effectiveFrom: '2998-01-01T00:00:00Z'})
  const [id] = await db('product_prices').where({product_id: 1}).orderBy('id').pluck<number[]>('id')

  const current = await runShop(['cancel-price', '--id', String(id), '--yes'], {env})
  const other = await runShop(['cancel-price', '1', '--currency', 'EUR', '--yes', '--json'], {env})
  const nothing = await runShop(['cancel-price', '--currency', 'EUR', '--yes'], {env})
  const unconfirmed = await runShop(['cancel-price', '1'], {env, input: 'y\n'})

  t.regex(current.stderr, /There is no such scheduled price\. Prices that have taken effect cannot be cancelled\./)
  t.is(JSON.parse(other.stdout).error.code, 'no_scheduled_price')
  t.deepEqual([current.exitCode, other.exitCode, nothing.exitCode, unconfirmed.exitCode], [1, 1, 2, 2])
  t.is((await db('product_prices').where({product_id: 1})).length, 2)
})

test('changes nothing if one price would be too large, or if the time has passed', async (t) => {
  const {db, env} = await setUp(t)
  await setPrice(db, {productId: 3, currency: 'USD', amount: Number.MAX_SAFE_INTEGER})
  const before = await db('product_prices')

  const yes = await runShop(['set-prices', '--percent', '10000', '--yes', '--json'], {env})
  const dry = await runShop(['set-prices', '--percent', '0.0001', '--dry-run'], {env})
  const past = await runShop(['set-prices', '--percent', '5', '--from', '2020-01-01', '--yes'], {env})

  t.is(JSON.parse(yes.stdout).error.code, 'invalid_price')
  t.regex(dry.stderr, /The price of product 3 would be more than 90071992547409\.91 USD\./)
  t.regex(past.stderr, /That time has passed/)
  t.deepEqual([yes.exitCode, dry.exitCode, past.exitCode], [1, 1, 1])
  t.deepEqual(await db('product_prices'), before)
})

test('for any price, percentage and step, the new price is the nearest multiple, and a half is rounded up', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 1, price: 0})
  const money = fc.oneof(fc.nat(100_000), fc.integer({min: 0, max: 2 ** 52}))

  const holds = fc.asyncProperty(
    money,
    fc.integer({min: 0, max: 1_500_000}),
    fc.oneof(fc.constantFrom(1, 5, 100), fc.integer({min: 1, max: 100_000})),
    async (before, millionths, step) => {
      await db('product_prices').delete()
      await db('product_prices').insert({product_id: 1, currency: 'USD', amount: before})
      const digits = String(millionths).padStart(7, '0')
      const factor = `${digits.slice(0, -6)}.${digits.slice(-6)}`

      await changePrices(db, {currency: 'USD', factor, step}, {name: 'anna'})

      const unit = 1_000_000n * BigInt(step)
      const multiple = (2n * BigInt(before) * BigInt(millionths) + unit) / (2n * unit)
      const after = (await findPrices(db, {productIds: [1], currency: 'USD'})).get(1)
      t.is(BigInt(after ?? -1), multiple * BigInt(step))
    },
  )

  await fc.assert(holds, {numRuns: sized(60, 1000)})
})

test('waits for an order that has read the old price; an order that comes later pays the new one', async (t) => {
  const {db} = await setUp(t)
  const userId = await addUser(db)
  const order = usdOrder(userId, [{productId: 1, quantity: 1}])
  const held = await placeAndHold(db, [order])

  let isChanged = false
  const changed = changePrices(db, {currency: 'USD', factor: '2', step: 1}, {name: 'anna'}).then(
    () => (isChanged = true),
  )
  await untilWaiting(db)
  t.false(isChanged)
  await held.commit()
  await changed
  await placeOrder(db, usdOrder(userId, [{productId: 1, quantity: 1}]))

  t.deepEqual(await db('orders').orderBy('id').pluck('total'), [250, 500])
})

test('scheduled changes keep no order waiting', async (t) => {
  const {db} = await setUp(t)
  const held = await placeAndHold(db, [usdOrder(await addUser(db), [{productId: 1, quantity: 1}])])

  const effectiveFrom = '2999-01-01T00:00:00Z'
  const {count} = await changePrices(db, {currency: 'USD', factor: '2', step: 1, effectiveFrom}, {name: 'anna'})
  await held.commit()

  t.is(count.changed, 3)
})

test('when orders race changes of all prices, each line has the price of its moment', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 12})
  const userId = await addUser(db)
  for (const id of [1, 2]) await addProduct(db, {id, stock: 100_000, price: 1_000_000})
  let isRacing = true

  const buyer = async (n: number) => {
    while (isRacing) {
      const ids = n % 2 ? [1, 2] : [2, 1]
      await placeOrder(
        db,
        usdOrder(
          userId,
          ids.map((productId) => ({productId, quantity: 1})),
        ),
      )
    }
  }
  const changer = async () => {
    for (let n = 0; n < 15; n++) {
      await changePrices(db, {currency: 'USD', factor: n % 2 ? '1.1' : '0.9', step: 1}, {name: 'anna'})
    }
  }
  const buyers = Array.from({length: 4}, async (_, n) => buyer(n))
  const changers = Promise.all([changer(), changer()]).finally(() => (isRacing = false))
  await Promise.all([changers, ...buyers]).finally(() => (isRacing = false))

  t.deepEqual(await findMispriced(db), [])
  t.is((await db('product_prices')).length, 2 + 2 * 30)
  t.deepEqual((await audit(db)).findings, [])
})

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['set-prices', ...args], {input: 'y\n'})

    t.deepEqual([run.exitCode, run.stdout], [2, ''])
    t.regex(run.stderr.replaceAll(/\s+/g, ' '), message)
  },
  title: (_, args) => `${['set-prices', ...args].join(' ')} is wrong usage`,
})

test(isWrongUsage, ['--yes'], /Pass --percent\./)
test(isWrongUsage, ['--percent', '5'], /Pass --dry-run to see what would change, or --yes to change it\./)
for (const percent of ['five', '1e3', '5.00001', '-100.5', '10001', '']) {
  test(isWrongUsage, [`--percent=${percent}`, '--yes'], /--percent must be a number from -100 to 10000/)
}
test(isWrongUsage, ['--percent', '5', '--yes', '--round', '0'], /--round must be more than 0/)
test(isWrongUsage, ['--percent', '5', '--yes', '--round', '0.001'], /too many decimals/)
test(isWrongUsage, ['--percent', '5', '--yes', '--from', 'soon'], /not a valid time/)

const inTerminal = hasTerminal ? test : test.skip

inTerminal('in a terminal, shows the first changes and asks; No changes nothing and is no failure', async (t) => {
  const {db, env} = await setUp(t)

  const declined = openTerminal(t, ['set-prices', '--percent', '5'], env)
  await declined.see('Product 1, Brown rice: 2.50 -> 2.63 USD')
  await declined.see('Change 2 prices now?')
  declined.type(enter)
  await declined.see('Nothing was changed.')
  t.is(await declined.exitCode, 0)
  t.deepEqual(await pricesOf(db), [250, 1, 1000, undefined])

  const confirmed = openTerminal(t, ['set-prices', '--percent', '5', '--from', '2999-01-01'], env)
  await confirmed.see('Change 2 prices from 2999-01-01 00:00:00 UTC?')
  confirmed.type(`y${enter}`)
  await confirmed.see('Changed 2 prices in USD from 2999-01-01')
  t.is(await confirmed.exitCode, 0)

  const cancelled = openTerminal(t, ['cancel-price', 'tea'], env)
  await cancelled.see('Product 3: 10.50 USD from 2999-01-01 00:00:00 UTC')
  await cancelled.see('Cancel 1 scheduled price?')
  cancelled.type(enter)
  await cancelled.see('Nothing was cancelled.')
  t.is(await cancelled.exitCode, 0)
})
