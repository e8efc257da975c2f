import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'

import type {Knex} from 'knex'
import pg from 'pg'

import {underMigrationLock} from '../../db/change-tables.ts'
import {writeCopy} from '../../db/copy.ts'
import {hasSqlState} from '../../db/errors.ts'
import {advisoryLock} from '../../db/locks.ts'
import {migrateInside, migrationSource, migrationStatus} from '../../db/migrate.ts'
import {onlyRow, query} from '../../db/query.ts'
import {
  DatabaseNotEmptyError,
  InvalidBackupError,
  NewerBackupError,
  SchemaNewerError,
  ShopServingError,
} from '../../errors.ts'
import {audit} from '../audit.ts'
import {shopTables} from '../shop/tables.ts'
import {type BackupProgress, countLines, shareOf} from './back-up.ts'
import {type BackupHeader, type BackupTable, damaged, FrameReader} from './format.ts'
import {type IdentityColumn, readIdentityColumns, readTables} from './schema.ts'
import {setAside} from './set-aside.ts'

type RestoreOptions = {
  /** For the audit. */
  holds: {holdMaxSeconds: number}
  onProgress?: (progress: BackupProgress) => void
}

type Restored = {header: BackupHeader; audit: Awaited<ReturnType<typeof audit>>}

/** Indexes with foreign keys, and the audit, take about as long as the rows. */
const parts = 3

/**
 * Restores a backup into an empty database, all or nothing: with the schema of the backup, which is migrated to that of this
 * version. Audits the shop afterwards. Returns what the backup contained. Throws InvalidBackupError, NewerBackupError, DatabaseNotEmptyError
 * or ShopServingError.
 */
export async function restore(
  db: Knex,
  bytes: AsyncIterable<Uint8Array>,
  {holds, onProgress}: RestoreOptions,
): Promise<Restored> {
  const headers: BackupHeader[] = []
  await decompress(bytes, async (content) => {
    const reader = new FrameReader(content)
    const header = await reader.header()
    await underMigrationLock(db, undefined, async (trx) => restoreInside(trx, header, reader, onProgress))
    headers.push(header)
  })
  const header = onlyRow(headers)
  const rows = countRows(header)
  onProgress?.({step: 'audit', done: rows, share: (parts - 1) / parts})
  return {header, audit: await audit(db, holds)}
}

function countRows({tables}: BackupHeader): number {
  return tables.reduce((sum, {rows}) => sum + rows, 0)
}

async function decompress(
  bytes: AsyncIterable<Uint8Array>,
  read: (content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  try {
    await pipeline(bytes, createGunzip({chunkSize: 256 * 1024}), read)
  } catch (error) {
    const {code = ''} = error as NodeJS.ErrnoException
    if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') throw damaged('it cannot be decompressed', error)
    throw error
  }
}

async function restoreInside(
  trx: Knex.Transaction,
  header: BackupHeader,
  reader: FrameReader,
  onProgress: RestoreOptions['onProgress'],
): Promise<void> {
  await query(trx, 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0')
  await requireNoServer(trx)
  await requireEmpty(trx)
  await migrateTo(trx, header)
  await requireSameTables(trx, header)

  const rows = countRows(header)
  const names = header.tables.map(({name}) => name)
  const putBack = await setAside(trx, names)
  await trx.raw(`truncate ${names.map(() => '??').join(', ')}`, names)
  let done = 0
  for (const table of header.tables) {
    done += await copyTable(trx, table, reader, (copied) => {
      onProgress?.({step: table.name, done: done + copied, share: shareOf(done + copied, rows) / parts})
    })
  }
  await reader.trailer()

  await putBack((share) => onProgress?.({step: 'indexes', done, share: (1 + share) / parts})).catch(
    (error: unknown) => {
      throw hasSqlState(error, 'foreignKeyViolation') ? damaged('rows that others refer to are missing', error) : error
    },
  )
  for (const column of await readIdentityColumns(trx, names)) await setSequence(trx, column, header)
  await migrateInside(trx)
  await query(trx, `analyze ${shopTables.join(', ')}`)
  onProgress?.({step: 'committing', done, share: (parts - 1) / parts})
}

/**
 * One that starts waits until the restore has ended. The lock of a restore that was stopped may take a moment to go.
 */
async function requireNoServer(trx: Knex.Transaction): Promise<void> {
  await query(trx, `set local lock_timeout = '2s'`)
  await query(trx, 'select pg_advisory_xact_lock(?)', [advisoryLock.serving]).catch((error: unknown) => {
    throw hasSqlState(error, 'lockNotAvailable') ? new ShopServingError('Nothing was restored.') : error
  })
  await query(trx, 'set local lock_timeout to default')
}

/**
 * Locks the tables, so that they stay empty. A shop that was only migrated is empty: it has a stock pool, but no stock, and
 * may have been audited.
 */
async function requireEmpty(trx: Knex.Transaction): Promise<void> {
  const tables = (await readTables(trx)).map(({name}) => name)
  if (tables.length === 0) return
  const {applied, unknown} = await migrationStatus(trx)
  if (unknown.length > 0) throw new SchemaNewerError(unknown.map(({name}) => name))
  if (applied.length === 0) throw new DatabaseNotEmptyError(`tables of another program: ${tables.join(', ')}`)

  await trx.raw(`lock table ${tables.map(() => '??').join(', ')} in access exclusive mode`, tables)
  const full: string[] = []
  for (const name of tables.filter((table) => table !== 'audit_points')) {
    const sql = `select exists (select from ${name} ${name === 'stock_pools' ? `where name <> 'default'` : ''}) as "isFull"`
    const {isFull} = onlyRow(await query<{isFull: boolean}>(trx, sql))
    if (isFull) full.push(name)
  }
  if (full.length > 0) throw new DatabaseNotEmptyError(`rows in ${full.join(', ')}`)
}

/** Migrates the empty database up or down, so that it has exactly the migrations of the backup. */
async function migrateTo(trx: Knex.Transaction, {migrations, shop_version: version}: BackupHeader): Promise<void> {
  const {applied, pending} = await migrationStatus(trx)
  const known = new Set([...applied.map(({name}) => name), ...pending])
  if (migrations.some((name) => !known.has(name))) throw new NewerBackupError(version)
  for (const {name} of applied.toReversed()) {
    if (migrations.includes(name)) break
    await trx.migrate.down({migrationSource, name})
  }
  for (const name of pending) if (migrations.includes(name)) await trx.migrate.up({migrationSource, name})
}

/**
 * The backup must have all tables and columns that its migrations make, and no others: it must not empty or fill a table of
 * another program. Throws InvalidBackupError.
 */
async function requireSameTables(trx: Knex.Transaction, {tables}: BackupHeader): Promise<void> {
  const made = new Map((await readTables(trx)).map(({name, columns}) => [name, columns]))
  for (const {name, columns} of tables) {
    const expected = made.get(name)
    if (!expected) throw new InvalidBackupError(`The backup has a table ${name} that its migrations do not make.`)
    const other = [
      ...columns.filter((column) => !expected.includes(column)),
      ...expected.filter((column) => !columns.includes(column)),
    ]
    if (other.length > 0) {
      throw new InvalidBackupError(
        `The backup has other columns of ${name} than its migrations make: ${other.join(', ')}.`,
      )
    }
  }
  const names = tables.map(({name}) => name)
  const missing = [...made.keys()].filter((name) => !names.includes(name))
  if (missing.length > 0) throw damaged(`it lacks ${missing.join(', ')}`)
  if (names.length > made.size) throw damaged('it has a table twice')
}

/** Somebody may have written rows with ids that are past their sequence, which no later row must get again. */
async function setSequence(
  trx: Knex.Transaction,
  {table, column, sequence}: IdentityColumn,
  {sequences}: BackupHeader,
): Promise<void> {
  const state = sequences.find((one) => one.table === table && one.column === column)
  if (!state) throw damaged(`it lacks the sequence of ${table}`)
  await query(
    trx,
    `select setval(?, greatest(value, highest), is_called or highest >= value)
     from (select ?::bigint as value, ?::boolean as is_called) as state
     cross join (select coalesce(max(${column}), 0) as highest from ${table}) as rows`,
    [sequence, state.last_value, state.is_called],
  )
}

async function copyTable(
  trx: Knex.Transaction,
  {name, columns, rows}: BackupTable,
  reader: FrameReader,
  onRows: (copied: number) => void,
): Promise<number> {
  let counted = 0
  async function* pieces(): AsyncGenerator<Buffer> {
    for await (const piece of reader.rows()) {
      counted += countLines(piece)
      onRows(counted)
      yield piece
    }
  }
  const statement = trx.raw('copy ?? (??) from stdin', [name, columns]).toQuery()
  const copied = await writeCopy(trx, statement, pieces()).catch((error: unknown) => {
    throw refusesRows(error) ? damaged(`the rows of ${name} cannot be read`, error) : error
  })
  if (copied !== rows) throw damaged(`${name} has ${copied} rows instead of ${rows}`)
  return copied
}

/** Wrong values and columns, as opposed to a full disk or a lack of rights: what the shop wrote, PostgreSQL reads. */
function refusesRows(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|42703)/.test(error.code ?? '')
}
