import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'

import type {Knex} from 'knex'

import {readCopy} from '../../db/copy.ts'
import {onlyRow, query} from '../../db/query.ts'
import {shopTables} from '../shop/tables.ts'
import {type BackupHeader, FrameWriter} from './format.ts'

/** How far a backup or a restore is: the share from 0 to 1, and the number of rows that are copied. */
export type BackupProgress = {step: string; done: number; share: number}

type BackupOptions = {
  /** Of the shop, for the header. */
  version: string
  write: (bytes: AsyncIterable<Buffer>) => Promise<void>
  onProgress?: (progress: BackupProgress) => void
}

/** Rows compress to a sixth. A higher level takes twice the time for a tenth less. */
const compression = {level: 3, chunkSize: 256 * 1024}

/**
 * Writes all tables of the shop from one snapshot, while it sells. The result contains the hashes of passwords and tokens.
 * Returns what the backup contains.
 */
export async function backUp(db: Knex, {version, write, onProgress}: BackupOptions): Promise<BackupHeader> {
  let header: BackupHeader | undefined
  // A COPY that stops in the middle breaks its connection, and the transaction only knows of that.
  let failure: unknown
  try {
    await db.transaction(
      async (trx) => {
        header = await describeContent(trx, version)
        await pipeline(frames(trx, header, onProgress), createGzip(compression), write).catch((error: unknown) => {
          failure = error
          throw error
        })
      },
      {isolationLevel: 'repeatable read', readOnly: true},
    )
  } catch (error) {
    throw failure ?? error
  }
  if (!header) throw new Error('The transaction has ended without a header.')
  return header
}

/** Begins the snapshot, after which no migration can change the tables until the backup is complete. */
async function describeContent(trx: Knex.Transaction, version: string): Promise<BackupHeader> {
  // A pipe or a slow disk may take the bytes slowly.
  await query(trx, 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0')
  await query(trx, `lock table ${shopTables.join(', ')} in access share mode`)
  const {createdAt} = onlyRow(await query<{createdAt: string}>(trx, 'select now() as "createdAt"'))
  const migrations = await query<{name: string}>(trx, 'select name from knex_migrations order by id')
  const tables: BackupHeader['tables'] = []
  for (const name of shopTables) {
    const {columns, rows} = onlyRow(
      await query<{columns: string[]; rows: number}>(
        trx,
        `select (
           select array_agg(attname::text order by attnum)
           from pg_attribute
           where attrelid = '${name}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
         ) as columns, (select count(*) from ${name}) as rows`,
      ),
    )
    tables.push({name, columns, rows})
  }
  return {
    format: 'mattshop-backup',
    version: 1,
    shop_version: version,
    created_at: createdAt,
    migrations: migrations.map(({name}) => name),
    tables,
    sequences: await readSequences(trx),
  }
}

/** They are read after the snapshot began, so that they are past every id in it. */
async function readSequences(trx: Knex.Transaction): Promise<BackupHeader['sequences']> {
  const columns = await query<{table: string; column: string; sequence: string}>(
    trx,
    `select relname as "table", attname as "column", pg_get_serial_sequence(quote_ident(relname), attname) as sequence
     from pg_attribute
     join pg_class on pg_class.oid = attrelid
     where attidentity <> '' and not attisdropped and attrelid = any (?::text[]::regclass[])
     order by 1, 2`,
    [[...shopTables]],
  )
  const sequences: BackupHeader['sequences'] = []
  for (const {table, column, sequence} of columns) {
    const state = onlyRow(
      await query<{last_value: number; is_called: boolean}>(trx, `select last_value, is_called from ${sequence}`),
    )
    sequences.push({table, column, ...state})
  }
  return sequences
}

async function* frames(
  trx: Knex.Transaction,
  header: BackupHeader,
  onProgress: ((progress: BackupProgress) => void) | undefined,
): AsyncGenerator<Buffer> {
  const total = header.tables.reduce((sum, {rows}) => sum + rows, 0)
  const writer = new FrameWriter()
  yield writer.header(header)
  let done = 0
  for (const {name, columns} of header.tables) {
    onProgress?.({step: name, done, share: shareOf(done, total)})
    const select = trx.raw('copy ?? (??) to stdout', [name, columns]).toQuery()
    for await (const piece of readCopy(trx, select)) {
      done += countLines(piece)
      onProgress?.({step: name, done, share: shareOf(done, total)})
      yield writer.frame(piece)
    }
    yield writer.frame('')
  }
  yield writer.trailer()
}

/** An empty shop is done at once. */
export function shareOf(done: number, total: number): number {
  return total === 0 ? 1 : done / total
}

/** COPY's text format has a line break after each row, and nowhere else. */
export function countLines(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) count++
  return count
}
