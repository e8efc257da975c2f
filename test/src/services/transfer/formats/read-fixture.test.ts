import test from 'ava'

import {InvalidFixtureError} from '../../../../../src/errors.ts'
import {shareDatabase} from '../../../../helpers/database.ts'
import {contents, load} from '../../../../helpers/fixtures.ts'

const shared = shareDatabase(test)

const refuses = test.macro<[Uint8Array | object | string, ...(readonly [string, RegExp])[]]>({
  async exec(t, content, ...expected) {
    const {problems} = await t.throwsAsync(load(shared().db, content), {instanceOf: InvalidFixtureError})

    t.deepEqual(
      problems.map(({record}) => record),
      expected.map(([record]) => record),
    )
    for (const [index, [, reason]] of expected.entries()) t.regex(problems[index]?.reason ?? '', reason)
  },
  title: (title = '') => `refuses ${title}`,
})

test.after('files that are refused leave nothing', async (t) => {
  const {stock_pools: pools, ...others} = await contents(shared().db)
  t.is(pools?.length, 1)
  t.deepEqual(Object.values(others).flat(), [])
})

test('an empty file', refuses, '', ['line 1', /empty/])
test('a file of blanks', refuses, ' \n\n', ['line 1', /empty/])
test('bytes that are not UTF-8', refuses, Buffer.from('name\nR\xe9al\n', 'latin1'), ['line 2', /UTF-8/])
test('JSON with a trailing comma', refuses, '{\n  "users": [],\n}', ['line 3', /column 1: .*double-quoted/])
test('JSON with a word in it', refuses, `{"users": [],\n"orders": ${' '.repeat(50)}nope}`, ['line 2', /column 62: /])
test('JSON that ends early', refuses, '{"users": [\n', ['line 2', /end of JSON/])
test('a list of other things', refuses, [1, {}], ['[0]', /model, pk and fields/], ['[1]', /model/], ['[1]', /fields/])

const user = {username: 'anna', password: 'geheim'}
const rice = {name: 'Rice', stock: 1, price: '1.00'}
const order = {id: 1, user: 'anna', created_at: '2020-01-01', lines: []}
const price = (entry: object) => ({products: [{name: 'Rice', prices: [entry]}]})

test('unknown lists', refuses, {user: []}, [
  'the file',
  /has the unknown key "user"; known keys are users, products, orders/,
])
test('unknown keys', refuses, {users: [{...user, admin: true}]}, [
  'users[0]',
  /has the unknown key "admin"; known keys are id, /,
])
const bcryptRest = '$q6jZknBQQ9FJ.vLPPJuDB.7vN2Oy9KZa4D9qrE6LvHhcksoozZftq'
const djangoRest = `$salt$${'A'.repeat(43)}=`
test(
  'hashes that would take too long to check',
  refuses,
  {
    users: [
      {username: 'ben', password_hash: `$2b$15${bcryptRest}`},
      {username: 'eve', password_hash: `$2y$31${bcryptRest}`},
      {username: 'joe', password_hash: `pbkdf2_sha256$2000001${djangoRest}`},
      {username: 'max', password_hash: `pbkdf2_sha256$999999999999${djangoRest}`},
    ],
  },
  ['users[0]', /^password_hash must be cheap to check: at most cost 14 for bcrypt, 2000000 iterations for PBKDF2$/],
  ['users[1]', /^password_hash/],
  ['users[2]', /^password_hash/],
  ['users[3]', /^password_hash/],
)
test(
  'such a hash from Django',
  refuses,
  [{model: 'auth.user', pk: 7, fields: {username: 'ben', password: `pbkdf2_sha256$999999999${djangoRest}`}}],
  ['auth.user 7', /password must be cheap to check/],
)
test('lists that are not lists', refuses, {users: {}}, ['the file', /users must be a list/])
test('records that are not objects', refuses, {users: ['anna']}, ['users[0]', /must be an object, not "anna"/])
test('missing fields', refuses, {users: [{password: 'x'}]}, ['users[0]', /username is missing/])
test(
  'wrong types',
  refuses,
  {users: [{...user, id: 'x', is_active: 1}]},
  ['users[0]', /id must/],
  ['users[0]', /is_act/],
)
test('a user without a password', refuses, {users: [{username: 'x'}]}, ['users[0]', /either a password or/])
test('a password that is too long', refuses, {users: [{...user, password: 'é'.repeat(37)}]}, ['users[0]', /72 bytes/])
test('long usernames', refuses, {users: [{...user, username: 'x'.repeat(151)}]}, ['users[0]', /1 to 150 characters/])
test('long product names', refuses, {products: [{...rice, name: 'x'.repeat(201)}]}, ['products[0]', /1 to 200/])
test('blank names', refuses, {products: [{...rice, name: ' '}]}, ['products[0]', /1 to 200/])
test('NUL characters', refuses, {products: [{...rice, name: 'R\0'}]}, ['products[0]', /name contains a NUL/])
test('unpaired surrogates', refuses, '{"products": [{"name": "\\ud800"}]}', ['products[0]', /name contains/])
test('a token that is not valid', refuses, {users: [{...user, tokens: ['abc']}]}, [
  'users[0]',
  /tokens\[0\] must be a token/,
])
test('negative stock', refuses, {products: [{...rice, stock: -1}]}, ['products[0]', /stock must be a whole number/])
test('stock beyond the safe integers', refuses, {products: [{...rice, stock: {a: 2 ** 53 - 1, b: 1}}]}, [
  'products[0]',
  /too large/,
])
test('an id of 0', refuses, {products: [{...rice, id: 0}]}, ['products[0]', /id must be a whole number from 1/])
test('an id that leaves no room for the sequence', refuses, {products: [{...rice, id: 2 ** 53 - 1}]}, [
  'products[0]',
  /id must be/,
])
test('a price that is a number', refuses, {products: [{...rice, price: 1}]}, ['products[0]', /amount as a string/])
test('both price and prices', refuses, {products: [{...rice, prices: []}]}, ['products[0]', /either a price or prices/])
test('too many decimals', refuses, price({amount: '1.005'}), ['products[0]', /at most 2 decimals.*not "1.005"/])
test('decimals of yen', refuses, price({amount: '1.5', currency: 'JPY'}), ['products[0]', /amount in JPY/])
test('a negative amount', refuses, price({amount: '-1'}), ['products[0]', /amount in USD/])
test('an amount beyond the safe integers', refuses, price({amount: '90071992547409.92'}), ['products[0]', /amount in/])
test('an unknown currency', refuses, price({amount: '1', currency: 'usd'}), ['products[0]', /ISO 4217/])
test('a day that does not exist', refuses, price({amount: '1', effective_from: '2021-02-29'}), [
  'products[0]',
  /must be a time/,
])
test('an order of an unknown user', refuses, {orders: [order]}, [
  'orders[0]',
  /user refers to user "anna", which is not/,
])
test('an order without an id', refuses, {users: [user], orders: [{...order, id: undefined}]}, [
  'orders[0]',
  /id is miss/,
])
test(
  'an order of an unknown product',
  refuses,
  {users: [user], orders: [{...order, lines: [{product: 9, quantity: 1, price: '1'}]}]},
  ['orders[0]', /lines\[0\].product refers to product 9/],
)
test(
  'an order of a product whose name is not unique',
  refuses,
  {
    users: [user],
    products: [
      {...rice, id: 1},
      {...rice, id: 2},
    ],
    orders: [{...order, lines: [{product: 'Rice', quantity: 1, price: '1'}]}],
  },
  ['orders[0]', /more than once/],
)
test(
  'duplicates',
  refuses,
  {
    users: [user, {...user, tokens: []}],
    products: [rice, {...rice, id: 1}],
    orders: [order, {...order}],
  },
  ['users[1]', /the same username as users\[0\]/],
  ['products[1]', /the same name as products\[0\]/],
  ['orders[1]', /the same id as/],
)
test(
  'two prices with the same time',
  refuses,
  {
    products: [{name: 'Rice', prices: [{amount: '1'}, {amount: '2'}]}],
  },
  ['products[0].prices[1]', /the same currency and time as products\[0\]\.prices\[0\]/],
)
test(
  'everything that is wrong, at once',
  refuses,
  {users: [{}, user, 1], products: [{name: 1}]},
  ['users[0]', /username/],
  ['users[2]', /object/],
  ['products[0]', /name/],
)

const record = (model: string, pk: unknown, fields: object) => ({model, pk, fields})
const product = record('products.product', 1, {name: 'Rice', enabled: true, quantity_in_stock: 1})

test(
  'negative stock in a Django dump',
  refuses,
  [record('products.product', 7, {name: 'Rice', quantity_in_stock: -2})],
  ['products.product 7', /quantity_in_stock must be a whole number, 0 or more, not -2/],
)
test(
  'a token of an unknown user, without showing the token',
  refuses,
  [record('authtoken.token', 'secret-token', {user: 1})],
  ['authtoken.token secr...', /user refers to auth.user 1, which is not in the file/],
)
test(
  'a price of an unknown product',
  refuses,
  [record('products.productprice', 3, {product: 2, price: '1', effective_from: '2020-01-01'})],
  ['products.productprice 3', /product refers to products.product 2/],
)
test(
  'a product that is not valid, without another problem for its price',
  refuses,
  [
    record('products.productprice', 3, {product: 2, price: '1', effective_from: '2020-01-01'}),
    record('products.product', 2, {name: 'Rice'}),
  ],
  ['products.product 2', /quantity_in_stock is missing/],
)
test(
  'a price with too many decimals',
  refuses,
  [product, record('products.productprice', 3, {product: 1, price: '1.005', effective_from: '2020-01-01'})],
  ['products.productprice 3', /price must be an amount in USD/],
)
test(
  'keys that are not numbers',
  refuses,
  [{...product, pk: '6f1c'}],
  ['products.product 6f1c', /pk must be a positive whole number/],
)
test('keys that repeat', refuses, [product, product], ['products.product 1', /the same id as products.product 1/])
test('natural primary keys', refuses, [{...product, pk: undefined}], ['[0] products.product', /--natural-primary/])
test('keys that are null', refuses, [{...product, pk: null}], ['[0] products.product', /--natural-primary/])
test(
  'natural foreign keys',
  refuses,
  [record('authtoken.token', 'abcdef', {user: ['matt']})],
  ['authtoken.token abcd...', /--natural-foreign/],
)

test('CSV without its columns', refuses, 'id,title,price\n', [
  'line 1',
  /lacks the column name.*unknown column "title"/,
])
test('CSV with a column twice', refuses, 'name,price,stock,name\n', ['line 1', /has the column name twice/])
test(
  'CSV with missing fields',
  refuses,
  'name,price,stock\nRice,1\nTea,2,3,4\n',
  ['line 2', /has 2 fields/],
  ['line 3', /4/],
)
test('CSV with an open quote', refuses, 'name,price,stock\n"Rice,1,2\n', ['line 2', /quote/i])
test(
  'CSV with wrong values',
  refuses,
  'name,price,stock,enabled,max_per_order\nRice,1,x,,\n,1,1,,\nTea,free,1,,\nSalt,1,1,maybe,\nPan,1,1,,0\n',
  ['line 2', /stock must be a whole number, 0 or more, not "x"/],
  ['line 3', /name is missing/],
  ['line 4', /price must be an amount in USD/],
  ['line 5', /enabled must be true or false/],
  ['line 6', /max_per_order must be a whole number, 1 or more, not 0/],
)
test('CSV with a product twice', refuses, 'name,price,stock\nRice,1,1\nRice,2,1\n', [
  'line 3',
  /the same name as line 2; products with the same name must have ids or SKUs/,
])
