import type {Knex} from 'knex'

import {allowSlowReader, readRows} from '../../db/cursor.ts'
import {query} from '../../db/query.ts'
import {dumpOrders} from './dump-orders.ts'
import {dumpProducts} from './dump-products.ts'
import {dumpUsers} from './dump-users.ts'
import type {NativeFixture} from './formats/native/native-schema.ts'
import {type NativeFormat, type NativeRecord, writeRecords} from './formats/native/write-native.ts'

/** The number of records written. */
export type DumpResult = Record<'orders' | 'pools' | 'products' | 'users', number>

/** How many records were written, of how many, and the kind of the last one. */
export type DumpProgress = {done: number; total: number; kind: NativeRecord['kind']}

/**
 * Writes the whole shop as a fixture, piece by piece and from one snapshot. Loaded into an empty database, it dumps to the same
 * bytes. It contains the hashes of passwords and tokens.
 */
export async function dumpFixture(
  db: Knex,
  format: NativeFormat,
  write: (pieces: AsyncIterable<string>) => Promise<void>,
  onProgress?: (progress: DumpProgress) => void,
): Promise<DumpResult> {
  const counts = {user: 0, pool: 0, product: 0, order: 0}
  const dump = async (trx: Knex.Transaction): Promise<void> => {
    const records = dumpRecords(trx)
    const watched = onProgress ? reported(records, await countRecords(trx), onProgress) : records
    await write(writeRecords(format, counted(watched, counts)))
  }
  await db.transaction(dump, {isolationLevel: 'repeatable read', readOnly: true})
  return {users: counts.user, pools: counts.pool, products: counts.product, orders: counts.order}
}

async function countRecords(trx: Knex.Transaction): Promise<number> {
  const [count] = await query<{total: number}>(
    trx,
    `select (select count(*) from stock_pools) + (select count(*) from users) + (select count(*) from products)
            + (select count(*) from orders) as total`,
  )
  return count?.total ?? 0
}

async function* reported(
  records: AsyncIterable<NativeRecord>,
  total: number,
  onProgress: (progress: DumpProgress) => void,
): AsyncGenerator<NativeRecord> {
  let done = 0
  for await (const record of records) {
    yield record
    onProgress({done: ++done, total, kind: record.kind})
  }
}

async function* counted(
  records: AsyncIterable<NativeRecord>,
  counts: Record<NativeRecord['kind'], number>,
): AsyncGenerator<NativeRecord> {
  for await (const record of records) {
    counts[record.kind]++
    yield record
  }
}

async function* dumpRecords(trx: Knex.Transaction): AsyncGenerator<NativeRecord> {
  await allowSlowReader(trx)
  yield* dumpPools(trx)
  yield* dumpUsers(trx)
  yield* dumpProducts(trx)
  yield* dumpOrders(trx)
}

/** By id, the order in which orders take from them. */
async function* dumpPools(trx: Knex.Transaction): AsyncGenerator<NativeRecord> {
  const pieces = readRows<NonNullable<NativeFixture['pools']>[number]>(
    trx,
    'pools',
    'select name from stock_pools order by id',
  )
  for await (const rows of pieces) for (const pool of rows) yield {kind: 'pool', value: pool}
}
