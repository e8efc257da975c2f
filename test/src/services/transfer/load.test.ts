import test from 'ava'

import {InvalidFixtureError} from '../../../../src/errors.ts'
import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {demoProducts} from '../../../../src/services/transfer/demo/demo-products.ts'
import {isEmptyShop, loadDemo} from '../../../../src/services/transfer/demo/demo.ts'
import {listOrders} from '../../../../src/services/orders/history.ts'
import {createTokenLookup} from '../../../../src/services/accounts/tokens.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {djangoDump, djangoToken} from '../../../helpers/django-dump.ts'
import {contents, load} from '../../../helpers/fixtures.ts'
import {logIn} from '../../../helpers/log-in.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const first = {page: 1, pageSize: 100, currency: 'USD'}

test("Django's dump carries over: users, hashes, tokens, products, prices, orders and their times", async (t) => {
  const {db} = await createDatabase(t)

  const result = await load(db, djangoDump())

  t.deepEqual(result, {
    format: 'django',
    users: {loaded: 2, existing: 0},
    tokens: {loaded: 1, existing: 0},
    products: {loaded: 3, existing: 0},
    prices: {loaded: 5, existing: 0},
    orders: {loaded: 1, existing: 0},
    skipped: {'auth.permission': 1, 'contenttypes.contenttype': 2},
    usersWithoutPassword: 1,
    leftovers: {source: null, columns: {}, rows: {}, oversold: 0, uncounted: 0},
  })
  t.like(await createTokenLookup(db)(djangoToken), {id: 11, username: 'victoria37'})
  t.deepEqual((await listProducts(db, first)).results, [
    {id: 6, name: 'Sarah Highways', quantityInStock: 6, price: 1500, currency: 'USD'},
  ])
  t.deepEqual((await listOrders(db, {...first, userId: 11})).results, [
    {
      id: 3,
      createdAt: '2024-04-20T08:00:00.123456Z',
      status: 'placed',
      paymentStatus: 'none',
      currency: 'USD',
      total: 2000,
      lines: [
        {productId: 6, productName: 'Sarah Highways', unitPrice: 1234, quantity: 1},
        {productId: 7, productName: 'Perez Terrace', unitPrice: 45, quantity: 4},
      ],
    },
  ])
  t.deepEqual(await db('orders').pluck('is_imported'), [true])
  t.deepEqual(await db('users').orderBy('id').pluck('created_at'), [
    '2024-04-18T19:06:44.845000Z',
    '2024-04-18T19:06:44.845000Z',
  ])
})

test('a user with a Django hash can log in, and a later load keeps the new hash', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, djangoDump())
  const credentials = {username: 'victoria37', password: 'jackson'}

  await logIn(db, credentials)
  const [hash] = (await db('users').where({id: 11}).pluck('password_hash')) as [string]
  t.regex(hash, /^\$2b\$/)

  await load(db, djangoDump())
  t.deepEqual(await db('users').where({id: 11}).pluck('password_hash'), [hash])
})

test('new ids follow those that were loaded', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, djangoDump())

  t.is(await addUser(db), 13)
  const {order} = await placeOrder(db, usdOrder(11, [{productId: 6, quantity: 1}]))
  t.is(order.id, 4)
  await load(db, {products: [{name: 'New', price: '1.00'}]})
  t.deepEqual(await db('products').orderBy('id').pluck('id'), [6, 7, 8, 9])
})

test('ids that a load draws follow those that were written without the sequence', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 1, name: 'First'})
  await addProduct(db, {id: 700_000, name: 'Last'})

  await load(db, {products: [{name: 'New'}]})

  t.deepEqual(await db('products').where({name: 'New'}).pluck('id'), [700_001])
})

const twice = test.macro<[unknown]>({
  async exec(t, content) {
    const {db} = await createDatabase(t)
    const {products} = await load(db, content)
    t.true(products.loaded > 0)
    const before = await contents(db)

    const again = await load(db, content)

    t.deepEqual(await contents(db), before)
    t.true([again.users, again.tokens, again.products, again.prices, again.orders].every(({loaded}) => loaded === 0))
  },
  title: (title = '') => `a second load of ${title} changes nothing`,
})

const native = {
  users: [{username: 'anna', password: 'secret', tokens: ['0'.repeat(40)]}],
  products: [
    {name: 'Rice', price: '2.50', stock: {default: 3, east: 4}, max_per_order: 2},
    {
      id: 40,
      name: 'Tea',
      stock: 5,
      prices: [
        {amount: '1', currency: 'JPY'},
        {amount: '3.00', effective_from: '2020-01-01'},
      ],
    },
  ],
  orders: [
    {
      id: 9,
      user: 'anna',
      created_at: '2024-01-01T00:00:00+02:00',
      lines: [{product: 'Rice', quantity: 2, price: '2.00'}],
    },
  ],
}

test("Django's dump", twice, djangoDump())
test('native JSON', twice, native)
test(
  'CSV',
  twice,
  'id,name,price,stock,enabled,currency,max_per_order\n4,"Tea, ""green""",2.50,3,no,EUR,2\n,Rice,1,0,,,\n',
)
test('the demo fixture', twice, {products: demoProducts})

test('the limit of orders loads from native JSON, NDJSON and CSV, and a second load leaves a changed one as it is', async (t) => {
  const {db} = await createDatabase(t)
  const files = [
    {products: [{name: 'Rice', max_per_order: 2}, {name: 'Tea'}]},
    '{"product": {"name": "Salt", "max_per_order": 3}}\n',
    'name,price,stock,Max per order\nPepper,1,1,4.0\nPan,1,1,\n',
  ]
  const limits = async () =>
    Object.fromEntries(
      (await db<{name: string; max_per_order: number | null}>('products')).map((row) => [row.name, row.max_per_order]),
    )

  for (const file of files) await load(db, file)
  t.deepEqual(await limits(), {Rice: 2, Tea: null, Salt: 3, Pepper: 4, Pan: null})

  await db('products').update({max_per_order: 9})
  for (const file of files) await load(db, file)
  t.deepEqual(await limits(), {Rice: 9, Tea: 9, Salt: 9, Pepper: 9, Pan: 9})
})

test('a second load after an order does not restore the stock', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, djangoDump())
  await placeOrder(db, usdOrder(11, [{productId: 6, quantity: 2}]))
  const before = await contents(db)

  await load(db, djangoDump())

  t.deepEqual(await contents(db), before)
  t.is(await stockOf(db, 6), 4)
})

test('the ledger equals the stock on hand, also if a file names pools', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, native)
  await load(db, djangoDump())

  const {rows} = await db.raw<{rows: unknown[]}>(
    `select * from stock_levels
     left join (select product_id, pool_id, sum(delta) as sum from stock_movements group by 1, 2) as ledger
       using (product_id, pool_id)
     where on_hand <> coalesce(sum, 0)`,
  )
  t.deepEqual(rows, [])
  t.is((await db('stock_levels').whereIn('product_id', db('products').where('name', 'Rice').select('id'))).length, 2)
})

test('two concurrent loads of the same file both succeed, and each record exists once', async (t) => {
  const {db} = await createDatabase(t)
  const results = await Promise.all([load(db, djangoDump()), load(db, djangoDump()), load(db, djangoDump())])
  t.is(results.filter(({products}) => products.loaded === 3).length, 1)
  t.is((await db('products')).length, 3)
})

test('a price without a time takes effect with the load, and a second load adds none', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, {products: [{id: 1, name: 'Rice', price: '2.50', stock: 1}]})
  await load(db, {products: [{id: 1, name: 'Rice', prices: [{amount: '3.00', effective_from: '2999-01-01'}]}]})
  await load(db, {products: [{id: 1, name: 'Rice', price: '2.75', stock: 1}]})
  t.deepEqual(await db('product_prices').orderBy('effective_from').pluck('amount'), [250, 300])
})

test('the demo fixture has matt, his token, product 6 in stock and more than a page', async (t) => {
  const {db} = await createDatabase(t)
  t.true(await isEmptyShop(db))
  await loadDemo(db, cheapBcrypt)
  t.false(await isEmptyShop(db))

  await t.notThrowsAsync(logIn(db, {username: 'matt', password: 'jackson'}))
  t.like(await createTokenLookup(db)(djangoToken), {username: 'matt'})
  t.true((await stockOf(db, 6)) > 0)
  t.true((await listProducts(db, first)).count > 20)
  t.deepEqual(await db('orders'), [])
})

const refuses = test.macro<[content: unknown, problem: RegExp]>({
  async exec(t, content, problem) {
    const {db} = await createDatabase(t)
    await db('users').insert({id: 500, username: 'present', password_hash: '!'})
    const before = await contents(db)

    const error = await t.throwsAsync(load(db, content), {instanceOf: InvalidFixtureError})

    t.regex(error.problems.map(({record, reason}) => `${record}: ${reason}`).join('\n'), problem)
    t.deepEqual(await contents(db), before)
  },
  title: (title = '') => `refuses ${title}`,
})

const changed = (model: string, pk: number | string, fields: Record<string, unknown>) =>
  djangoDump().map((entry) =>
    entry.model === model && entry.pk === pk ? {...entry, fields: {...entry.fields, ...fields}} : entry,
  )

test('an empty file', refuses, '', /empty/)
test('JSON that does not parse', refuses, '{"users": [', /JSON/)
test('bytes that are not UTF-8', refuses, Buffer.from([0x7b, 0xff, 0x7d]), /UTF-8/)
test('an unknown key', refuses, {product: []}, /unknown key "product"/)
test('a product without a name', refuses, {products: [{price: '1.00'}]}, /^products\[0\]: .*name is missing/)
test('a name that is too long', refuses, {products: [{name: 'n'.repeat(201)}]}, /^products\[0\]: .*1 to 200 characters/)
test('a NUL character', refuses, {products: [{name: 'a\0b'}]}, /^products\[0\]: .*NUL/)
test('too many decimals', refuses, {products: [{name: 'a', price: '1.005'}]}, /^products\[0\]: .*at most 2 decimals/)
test(
  'a price beyond the safe integers',
  refuses,
  {products: [{name: 'a', price: '9'.repeat(20)}]},
  /^products\[0\]: .*price/,
)
test('a negative price', refuses, {products: [{name: 'a', price: '-1'}]}, /^products\[0\]: .*price/)
test('a negative stock', refuses, {products: [{name: 'a', stock: -1}]}, /^products\[0\]: .*stock/)
test(
  'a product that repeats',
  refuses,
  {products: [{name: 'a'}, {name: 'a'}]},
  /^products\[1\]: .*same name as products\[0\]/,
)
test(
  'a user of the shop under another id',
  refuses,
  {users: [{id: 7, username: 'present', password: 'x'}]},
  /^users\[0\]: .*under another id: 500/,
)
test(
  "another user's id",
  refuses,
  {users: [{id: 500, username: 'x', password: 'x'}]},
  /^users\[0\]: .*another user with id 500/,
)
test(
  'a password that bcrypt would truncate',
  refuses,
  {users: [{username: 'x', password: 'p'.repeat(73)}]},
  /^users\[0\]: .*72 bytes/,
)
test(
  'a token of an unknown user',
  refuses,
  changed('authtoken.token', djangoToken, {user: 77}),

  /user refers to/,
)
test(
  'a price of an unknown product',
  refuses,
  changed('products.productprice', 61, {product: 77}),
  /^products\.productprice 61: .*product refers to .* 77, which is not in the file/,
)
test(
  'a time that is not valid',
  refuses,
  changed('orders.order', 3, {created_at: '2024-02-30'}),
  /^orders\.order 3: .*created_at must be a time/,
)
test(
  'stock that went below 0',
  refuses,
  changed('products.product', 6, {quantity_in_stock: -1}),
  /^products\.product 6: .*quantity_in_stock/,
)
test(
  'an amount that is not valid',
  refuses,
  changed('orders.order', 3, {total_price: 'much'}),
  /^orders\.order 3: .*total_price/,
)
test('a CSV without a price', refuses, 'name,stock\nTea,1\n', /^line 1: .*lacks the column price/)
test('a CSV line with one field too many', refuses, 'name,price,stock\nTea,1,1,1\n', /^line 2: .*has 4 fields/)
test('a CSV quote that does not end', refuses, 'name,price,stock\n"Tea,1,1\n', /^line 2: .*quote/)

test('all problems are reported at once', async (t) => {
  const {db} = await createDatabase(t)
  const error = await t.throwsAsync(load(db, {users: [{}], products: [{name: 'a', stock: 'x'}, {}]}), {
    instanceOf: InvalidFixtureError,
  })
  t.deepEqual([...new Set(error.problems.map(({record}) => record))], ['users[0]', 'products[0]', 'products[1]'])
})

test('a load that is killed in the middle leaves nothing', async (t) => {
  const {db} = await createDatabase(t)
  const blocker = await db.transaction()
  await blocker.raw('lock table order_lines')
  const loading = load(db, djangoDump())
  await untilWaiting(db)
  await db.raw(
    "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
  )
  await t.throwsAsync(loading)
  await blocker.rollback()
  t.deepEqual(await db('products'), [])
  t.deepEqual(await db('users'), [])
})

test('hashes of the highest cost are loaded', async (t) => {
  const {db} = await createDatabase(t)
  const hashes = [
    '$2b$14$q6jZknBQQ9FJ.vLPPJuDB.7vN2Oy9KZa4D9qrE6LvHhcksoozZftq',
    `pbkdf2_sha256$2000000$salt$${'A'.repeat(43)}=`,
  ]
  await load(db, {users: hashes.map((password_hash, n) => ({username: `user${n}`, password_hash}))})
  t.deepEqual(await db('users').orderBy('username').pluck('password_hash'), hashes)
})
