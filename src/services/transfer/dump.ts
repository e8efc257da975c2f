import type {Knex} from 'knex'

import {allowSlowReader, readRows} from '../../db/cursor.ts'
import {dumpOrders} from './dump-orders.ts'
import {dumpProducts} from './dump-products.ts'
import {dumpUsers} from './dump-users.ts'
import type {NativeFixture} from './formats/native/native-schema.ts'
import {type NativeFormat, type NativeRecord, writeRecords} from './formats/native/write-native.ts'

/** The number of records written. */
export type DumpResult = Record<'orders' | 'pools' | 'products' | 'users', number>

/**
 * Writes the whole shop as a fixture, piece by piece and from one snapshot. Loaded into an empty database, it dumps to the same
 * bytes. It contains the hashes of passwords and tokens.
 */
export async function dumpFixture(
  db: Knex,
  format: NativeFormat,
  write: (pieces: AsyncIterable<string>) => Promise<void>,
): Promise<DumpResult> {
  const counts = {user: 0, pool: 0, product: 0, order: 0}
  const dump = async (trx: Knex.Transaction) => write(writeRecords(format, counted(dumpRecords(trx), counts)))
  await db.transaction(dump, {isolationLevel: 'repeatable read', readOnly: true})
  return {users: counts.user, pools: counts.pool, products: counts.product, orders: counts.order}
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
