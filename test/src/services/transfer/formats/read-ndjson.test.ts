import test from 'ava'

import {InvalidFixtureError} from '../../../../../src/errors.ts'
import {createDatabase} from '../../../../helpers/database.ts'
import {load} from '../../../../helpers/fixtures.ts'

const order = {id: 4, user: 'anna', created_at: '2024-01-01', lines: [{product: 'Rice', quantity: 2, price: '1.50'}]}

test('records are read line by line, in any order, with a byte order mark, CRLF and blank lines', async (t) => {
  const {db} = await createDatabase(t)
  const records = [
    {order},
    {pool: {name: 'west'}},
    {product: {name: 'Rice', price: '1.75', stock: {east: 3}}},
    {user: {username: 'anna', password_hash: '!'}},
  ]

  const result = await load(db, `\uFEFF${records.map((record) => JSON.stringify(record)).join('\r\n\r\n')}\r\n`)

  t.like(result, {format: 'ndjson', users: {loaded: 1}, products: {loaded: 1}, orders: {loaded: 1}})
  t.deepEqual(await db('order_lines').select('order_id', 'product_name', 'unit_price', 'quantity'), [
    {order_id: 4, product_name: 'Rice', unit_price: 150, quantity: 2},
  ])
  t.deepEqual(await db('stock_pools').orderBy('id').pluck('name'), ['default', 'west', 'east'])
})

test('problems are reported by line', async (t) => {
  const {db} = await createDatabase(t)
  const lines = [
    '{"product": {"name": "Tea", "prices": [{"id": 1, "amount": "1"}, {"id": 1, "amount": "2"}]}}',
    '{"product": {"name": "Oats"',
    '{"products": []}',
    '{"user": {"username": "anna", "password_hash": "!"}, "product": {}}',
    JSON.stringify({order}),
    '[1]',
    '{"product": {"name": "a\\u0000b"}}',
  ]

  const {problems} = await t.throwsAsync(load(db, lines.join('\n')), {instanceOf: InvalidFixtureError})

  const reported = problems.map(({record, reason}) => `${record}: ${reason}`)
  const expected = [
    /^line 1, prices\[1\]: has the same id as line 1, prices\[0\]/,
    /^line 2: invalid JSON at column 28:/,
    /^line 3: must be an object with one record under its kind.* kinds are user, product, order, pool, not \{"products"/,
    /^line 4: must be an object with one record under its kind/,
    /^line 5: user refers to user "anna", which is not in the file/,
    /^line 5: lines\[0\]\.product refers to product "Rice", which is not in the file/,
    /^line 6: must be an object with one record under its kind/,
    /^line 7: name contains a NUL/,
  ]
  t.is(reported.length, expected.length)
  // Problems of one line may be in any order.
  t.deepEqual(
    expected.filter((pattern) => !reported.some((problem) => pattern.test(problem))),
    [],
  )
})
