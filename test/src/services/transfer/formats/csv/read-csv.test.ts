import test from 'ava'

import {InvalidFixtureError} from '../../../../../../src/errors.ts'
import {createDatabase} from '../../../../../helpers/database.ts'
import {load} from '../../../../../helpers/fixtures.ts'

test('products load from CSV, with quotes, a byte order mark, CRLF, blank lines and columns in any order', async (t) => {
  const {db} = await createDatabase(t)

  const {format} = await load(
    db,
    '\uFEFFprice,Stock,name,enabled,currency,id\r\n' +
      '4.20, 7 ,"Rice, ""long"" grain",,,\r\n' +
      '\r\n' +
      '300,0,"Two\nlines",no,JPY,12\r\n',
  )

  t.is(format, 'csv')
  t.deepEqual(await db('products').orderBy('id').select('id', 'name', 'enabled'), [
    {id: 12, name: 'Two\nlines', enabled: false},
    {id: 13, name: 'Rice, "long" grain', enabled: true},
  ])
  t.deepEqual(await db('product_prices').orderBy('product_id').select('currency', 'amount'), [
    {currency: 'JPY', amount: 300},
    {currency: 'USD', amount: 420},
  ])
  t.deepEqual(await db('stock_levels').orderBy('product_id').pluck('on_hand'), [0, 7])
})

test('every record is read and named by the line it ends on, even the last one without a line break', async (t) => {
  const {db} = await createDatabase(t)
  const rows = ['name,price,stock', 'Rice,1,1', '"Two\nlines",free,2', '', 'Tea,free,3', 'Salt,free,4']

  const error = await t.throwsAsync(load(db, rows.join('\n')), {instanceOf: InvalidFixtureError})
  const {products} = await load(db, rows.join('\n').replaceAll('free', '1'))

  t.deepEqual(
    error.problems.map(({record}) => record),
    ['line 4', 'line 6', 'line 7'],
  )
  t.deepEqual(products, {loaded: 4, existing: 0})
})

test('a load of five thousand products takes no more statements than one of five', async (t) => {
  const csv = (count: number): string =>
    ['name,price,stock', ...Array.from({length: count}, (_, n) => `Product ${n},${n}.50,${n}`)].join('\n')
  const statements: number[] = []
  for (const count of [5, 5000]) {
    const {db} = await createDatabase(t)
    let seen = 0
    db.on('query', () => seen++)
    const {products} = await load(db, csv(count))
    t.is(products.loaded, count)
    statements.push(seen)
  }
  t.is(statements[0], statements[1])
})
