import test from 'ava'

import {createDatabase} from '../../../../helpers/database.ts'
import {load} from '../../../../helpers/fixtures.ts'

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
