import test from 'ava'

import {copyRows, CopyRows} from '../../../src/db/copy.ts'
import {hasSqlState} from '../../../src/db/errors.ts'
import {query} from '../../../src/db/query.ts'
import {createDatabase} from '../../helpers/database.ts'

test('values arrive as they were given, whatever characters they have', async (t) => {
  const {db} = await createDatabase(t)
  const texts = [
    '',
    '\\',
    '\\N',
    '\\.',
    '\\t',
    'a\tb',
    'a\nb',
    'a\r\nb',
    '\r',
    '"',
    "'",
    ',',
    ' ',
    'é😀\u2028',
    '\u0001',
  ]
  const rows = new CopyRows()
  for (const [index, text] of texts.entries()) rows.add([index, text, index % 2 === 0])
  rows.add([texts.length, undefined, undefined])

  await db.transaction(async (trx) => {
    await trx.raw('create temporary table copied (id bigint, text text, is_even boolean) on commit drop')
    await copyRows(trx, 'copied (id, text, is_even)', rows)
    t.deepEqual(await query(trx, 'select text, is_even from copied order by id'), [
      ...texts.map((text, index) => ({text, is_even: index % 2 === 0})),
      {text: null, is_even: null},
    ])
  })
})

test('rows of many pieces arrive whole; `size` counts the bytes of the full pieces', async (t) => {
  const {db} = await createDatabase(t)
  const rows = new CopyRows()
  const text = 'é'.repeat(1000)
  for (let id = 0; id < 100; id++) rows.add([id, text])
  const encoded = rows.size

  t.true(encoded > 150_000 && encoded < Buffer.concat(rows.toPieces()).length)
  t.is(rows.size, Buffer.concat(rows.toPieces()).length)
  await db.transaction(async (trx) => {
    await trx.raw('create temporary table copied (id bigint, text text) on commit drop')
    await copyRows(trx, 'copied (id, text)', rows)
    t.deepEqual(await query(trx, 'select count(*), min(text), max(text) from copied'), [
      {count: 100, min: text, max: text},
    ])
  })
})

test('a COPY that the server refuses leaves the connection fit for what follows', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})
  const rows = new CopyRows()
  rows.add([1, 'a', 'one value too many'])

  const error = await t.throwsAsync(
    db.transaction(async (trx) => {
      await trx.raw('create temporary table copied (id bigint, text text) on commit drop')
      await copyRows(trx, 'copied (id, text)', rows)
    }),
  )

  t.false(hasSqlState(error, 'undefinedTable'))
  t.regex(error.message, /extra data after last expected column/)
  t.deepEqual(await query(db, 'select 1 as one'), [{one: 1}])
})
