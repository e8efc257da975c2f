import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'

import type {Knex} from 'knex'

import {readCopy} from '../../db/copy.ts'
import {requireCurrentSchema} from '../../db/migrate.ts'
import {onlyRow, query} from '../../db/query.ts'
import {shopTables} from '../shop/tables.ts'
import {type BackupHeader, currentFormat, FrameWriter} from './format.ts'
import {readIdentityColumns, readTables} from './schema.ts'

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
 * Returns what the backup contains; undefined if `write` ended before it had read everything. Throws SchemaNewerError or
 * SchemaOutdatedError.
 */
export async function backUp(db: Knex, {version, write, onProgress}: BackupOptions): Promise<BackupHeader | undefined> {
  let header: BackupHeader | undefined
  // A COPY that stops in the middle breaks its connection, and the transaction only knows of that.
  const end: {failure?: unknown; isCutOff: boolean} = {isCutOff: false}
  try {
    await db.transaction(
      async (trx) => {
        header = await describeContent(trx, version)
        const writing: Promise<void>[] = []
        await pipeline(
          frames(trx, header, onProgress),
          createGzip(compression),
          async (bytes: AsyncIterable<Buffer>) => {
            writing.push(write(bytes))
            await writing[0]
          },
        ).catch(async (error: unknown) => {
          // A reader that stops destroys the stream before it says why.
          const outcomes = await Promise.allSettled(writing)
          const refused = outcomes.find((outcome) => outcome.status === 'rejected')
          end.failure = isAbort(error) ? (refused?.reason ?? error) : error
          end.isCutOff = isAbort(error) && outcomes.length > 0 && refused === undefined
          throw error
        })
      },
      {isolationLevel: 'repeatable read', readOnly: true},
    )
  } catch (error) {
    if (end.isCutOff) return undefined
    throw end.failure ?? error
  }
  return header
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Begins the snapshot, after which no migration can change the tables until the backup is complete. */
async function describeContent(trx: Knex.Transaction, version: string): Promise<BackupHeader> {
  // A pipe or a slow disk may take the bytes slowly.
  await query(trx, 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0')
  await query(trx, `lock table ${shopTables.join(', ')} in access share mode`)
  // The lock may have waited for a migration of a newer version, whose tables this one does not know.
  await requireCurrentSchema(trx)
  const {createdAt} = onlyRow(await query<{createdAt: string}>(trx, 'select now() as "createdAt"'))
  const migrations = await query<{name: string}>(trx, 'select name from knex_migrations order by id')
  const tables: BackupHeader['tables'] = []
  for (const table of await readTables(trx)) {
    const {rows} = onlyRow(await query<{rows: number}>(trx, `select count(*) as rows from ${table.name}`))
    tables.push({...table, rows})
  }
  return {
    ...currentFormat,
    shop_version: version,
    created_at: createdAt,
    migrations: migrations.map(({name}) => name),
    tables,
    sequences: await readSequences(trx),
  }
}

/** They are read after the snapshot began, so that they are past every id in it. */
async function readSequences(trx: Knex.Transaction): Promise<BackupHeader['sequences']> {
  const sequences: BackupHeader['sequences'] = []
  for (const {table, column, sequence} of await readIdentityColumns(trx, [...shopTables])) {
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
