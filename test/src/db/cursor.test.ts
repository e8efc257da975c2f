import test from 'ava'
import type {Knex} from 'knex'

import {readRows} from '../../../src/db/cursor.ts'
import {query} from '../../../src/db/query.ts'
import {createDatabase} from '../../helpers/database.ts'

type Row = {n: number}

async function readAll(trx: Knex.Transaction, count: number): Promise<Row[][]> {
  const pieces: Row[][] = []
  for await (const rows of readRows<Row>(trx, 'numbers', `select n from generate_series(1, ${count}) as n`))
    pieces.push(rows)
  return pieces
}

async function countOpenCursors(trx: Knex.Transaction): Promise<unknown> {
  return query(trx, `select count(*) from pg_cursors where name = 'numbers'`)
}

for (const [count, sizes] of [
  [0, []],
  [1, [1]],
  [4999, [4999]],
  [5000, [5000]],
  [5001, [5000, 1]],
  [10_000, [5000, 5000]],
] as const) {
  test(`${count} rows come in pieces of ${sizes.join(' and ') || 'none'}, and the cursor is closed`, async (t) => {
    const {db} = await createDatabase(t)
    await db.transaction(async (trx) => {
      const pieces = await readAll(trx, count)

      t.deepEqual(
        pieces.map(({length}) => length),
        [...sizes],
      )
      t.deepEqual(
        pieces.flat().map(({n}) => n),
        Array.from({length: count}, (_, index) => index + 1),
      )
      t.deepEqual(await countOpenCursors(trx), [{count: 0}])
    })
  })
}

test('two cursors of one transaction are read in turns', async (t) => {
  const {db} = await createDatabase(t)
  await db.transaction(async (trx) => {
    const ups = readRows<Row>(trx, 'ups', 'select n from generate_series(1, 6000) as n')
    const downs = readRows<Row>(trx, 'downs', 'select n from generate_series(6000, 1, -1) as n')

    const firsts = [(await ups.next()).value?.[0], (await downs.next()).value?.[0]]
    const seconds = [(await ups.next()).value?.[0], (await downs.next()).value?.[0]]

    t.deepEqual(firsts, [{n: 1}, {n: 6000}])
    t.deepEqual(seconds, [{n: 5001}, {n: 1000}])
  })
})

test('a statement that fails is thrown as it is read', async (t) => {
  const {db} = await createDatabase(t)
  const reading = db.transaction(async (trx) =>
    readRows(trx, 'numbers', 'select 1 / (n - 3) from generate_series(1, 5) as n').next(),
  )
  await t.throwsAsync(reading, {message: /division by zero/})
})
