import {Readable, Writable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {pipeline} from 'node:stream/promises'
import {gunzipSync, gzipSync} from 'node:zlib'

import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {migrateToLatest, migrationSource} from '../../../../src/db/migrate.ts'
import {query} from '../../../../src/db/query.ts'
import {defaultHoldSettings} from '../../../../src/hold-settings.ts'
import {audit} from '../../../../src/services/audit.ts'
import {auditAndRecord} from '../../../../src/services/audit-since/audit-since.ts'
import {backUp} from '../../../../src/services/backup/back-up.ts'
import {type BackupHeader, FrameReader, FrameWriter} from '../../../../src/services/backup/format.ts'
import {restore} from '../../../../src/services/backup/restore.ts'
import {whileServing} from '../../../../src/db/serving.ts'
import {connect} from '../../../../src/db/connect.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {shopTables} from '../../../../src/services/shop/tables.ts'
import {decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase, createEmptyDatabase, sessionsOfTests} from '../../../helpers/database.ts'
import {placePaidOrder} from '../../../helpers/payments.ts'
import {addProduct, addToken, addUser, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const options = {holds: defaultHoldSettings}

async function makeBackup(db: Knex): Promise<Buffer> {
  const pieces: Buffer[] = []
  await backUp(db, {
    version: '1.0.0',
    write: async (bytes) => {
      for await (const piece of bytes) pieces.push(piece)
    },
  })
  return Buffer.concat(pieces)
}

async function* inPieces(bytes: Buffer, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

/** A shop with something in every table, and with texts that COPY has to escape. */
async function createFullShop(t: ExecutionContext): Promise<{db: Knex; url: string}> {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db, 'tab\there \\N\\. "anna" \u001f')
  await addToken(db, userId)
  const productId = await addProduct(db, {name: 'Brötchen\n\\.\n10 \\% 🥐', stock: 20})
  const {order} = await placeOrder(db, usdOrder(userId, [{productId, quantity: 2}], 'key\\1'))
  await placePaidOrder(db, {userId, productId})
  await decideJobs(db, [setItem(userId, productId, 3)])
  await db.raw(`insert into product_prices (product_id, currency, amount, effective_from) values
    (${productId}, 'EUR', 900, now() + interval '1 day')`)
  await db.raw(`insert into user_changes (user_id, change, operator, note) values (${userId}, 'created', 'root', null)`)
  await db.raw(`insert into order_cancellations (order_id, operator, note) values (${order.id}, 'root', 'a note')`)
  await db.raw(`insert into payment_events (provider, event_id, type) values ('test', 'evt', 'x')`)
  await db.raw(`insert into payment_call_counts values (${userId}, now(), 3)`)
  await db.raw(`insert into login_addresses values (${userId}, '203.0.113.7', now())`)
  await db.raw(`insert into login_tries values ('address:203.0.113.7', 1, 1893456000000)`)
  await db.raw('insert into recent_writes (user_id) values (1)')
  await db.raw(`insert into refunds (payment_id, amount) select id, 1 from payments`)
  await db.raw(`with point as (
      insert into audit_points
      values (default, now(), now(), true, 1, 1, 1, 1, 1)
      returning id
    )
    insert into audit_levels select id, ${productId}, 1, 1, 20 from point`)
  await db.raw('select refresh_listings()')
  await db.raw(`insert into listing_marks values ('USD', 'id', '', 0, 0, 0)`)
  await db.raw('insert into listing_refreshes (due_at, product_id) values (?, ?)', ['-infinity', productId])
  return {db, url}
}

/** Every row of every table, the sequences, and how the tables are defined. */
async function everything(db: Knex): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const table of shopTables) all[table] = await query(db, `select * from ${table} as r order by r::text`)
  all.sequences = await query(
    db,
    `select sequencename, last_value from pg_sequences 
     where schemaname = current_schema() and sequencename not like 'knex%' order by 1`,
  )
  all.constraints = await query(
    db,
    `select conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid) from pg_constraint
     where connamespace = current_schema()::regnamespace and conrelid::regclass::text not like 'knex%' order by 1, 2`,
  )
  all.indexes = await query(
    db,
    `select indexname, indexdef from pg_indexes where schemaname = current_schema() and tablename not like 'knex%' order by 1`,
  )
  all.triggers = await query(
    db,
    `select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2`,
  )
  return all
}

async function hasTables(db: Knex): Promise<boolean> {
  return db.schema.hasTable('users')
}

test('the list of tables is complete', async (t) => {
  const {db} = await createDatabase(t)
  const found = await query<{tablename: string}>(
    db,
    `select tablename from pg_tables where schemaname = current_schema() and tablename not like 'knex%'`,
  )
  t.deepEqual(found.map(({tablename}) => tablename).sort(), [...shopTables].sort())
})

test('a restored database has the same rows in all tables, the same sequences, and the same definitions', async (t) => {
  const {db} = await createFullShop(t)
  const before = await everything(db)
  for (const table of shopTables) t.true((before[table] as unknown[]).length > 0, `${table} has rows`)

  const backup = await makeBackup(db)
  for (const target of [await createEmptyDatabase(t), await createDatabase(t)]) {
    const restored = await restore(target.db, inPieces(backup), options)

    t.deepEqual(await everything(target.db), before)
    t.is(restored.header.shop_version, '1.0.0')
    t.deepEqual(restored.audit, await audit(db))
    const userId = await addUser(target.db, 'new')
    t.true(userId > 1)
    await t.throwsAsync(target.db.raw('delete from stock_movements'), {message: /append-only/})
  }
})

test('a backup while the shop sells is one moment of it', async (t) => {
  const {db} = await createDatabase(t)
  const [userId, productId] = [await addUser(db), await addProduct(db, {stock: 1000})]
  let isSelling = true
  const sell = async (): Promise<void> => {
    while (isSelling) await placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))
  }
  const sales = [sell(), sell(), sell()]

  const backups = [await makeBackup(db), await makeBackup(db), await makeBackup(db)]
  isSelling = false
  await Promise.all(sales)

  for (const backup of backups) {
    const target = await createEmptyDatabase(t)
    const {header, audit: result} = await restore(target.db, inPieces(backup), options)
    t.deepEqual(result.findings, [])
    t.is(header.tables.find(({name}) => name === 'orders')?.rows, (await target.db('orders')).length)
  }
})

test('a backup that was cut off or changed is refused, and leaves an empty database', async (t) => {
  const {db} = await createFullShop(t)
  const backup = await makeBackup(db)
  const target = await createEmptyDatabase(t)
  const refuse = async (bytes: Buffer, message: RegExp): Promise<void> => {
    await t.throwsAsync(restore(target.db, inPieces(bytes), options), {code: 'invalid_backup', message})
    t.false(await hasTables(target.db))
  }

  for (const end of [0, 5, 100]) await refuse(backup.subarray(0, end), /not a backup|cannot be decompressed/)
  for (const share of [0.5, 0.9, 0.999]) {
    await refuse(backup.subarray(0, Math.floor(backup.length * share)), /is damaged/)
  }
  for (const share of [0.3, 0.6, 0.98]) {
    const changed = Buffer.from(backup)
    const at = Math.floor(backup.length * share)
    changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
    await refuse(changed, /is damaged|not a backup/)
  }
  await refuse(Buffer.from('name,price\nTea,1\n'), /cannot be decompressed|not a backup/)
  await refuse(gzipSync('{"users": []}'), /not a backup/)

  // Whoever changes the content and compresses it again is found by the checksum.
  const content = gunzipSync(backup)
  content.write('Z', content.indexOf('anna'))
  await refuse(gzipSync(content), /its checksum is wrong/)
  await refuse(gzipSync(gunzipSync(backup).subarray(0, -10)), /ends too early/)
  await refuse(gzipSync(Buffer.concat([gunzipSync(backup), Buffer.from('x')])), /something follows its end/)

  await restore(target.db, inPieces(backup), options)
  t.deepEqual(await everything(target.db), await everything(db))
})

/** Writes a backup again: with another header, of the rows only what is in its columns, and no rows of one table. */
async function rewrite(
  backup: Buffer,
  change: (header: BackupHeader) => BackupHeader,
  {without}: {without?: string} = {},
): Promise<Buffer> {
  const reader = new FrameReader(inPieces(gunzipSync(backup)))
  const header = await reader.header()
  const wanted = change(header)
  const writer = new FrameWriter()
  const frames = [writer.header(wanted)]
  for (const {name, columns} of header.tables) {
    const rows = (await text(reader.rows())).split('\n').filter((row) => row !== '')
    const table = wanted.tables.find((one) => one.name === name)
    if (!table) continue
    if (name === without) rows.length = 0
    const kept = table.columns.map((column) => columns.indexOf(column))
    for (const row of rows) {
      const values = row.split('\t')
      frames.push(writer.frame(`${kept.map((at) => values[at]).join('\t')}\n`))
    }
    frames.push(writer.frame(''))
  }
  return gzipSync(Buffer.concat([...frames, writer.trailer()]))
}

/** The columns of each table as the migrations before one of them made them. */
async function columnsBefore(t: ExecutionContext, migrations: string[]): Promise<Map<string, string[]>> {
  const {db} = await createEmptyDatabase(t)
  for (const name of migrations) await db.migrate.up({migrationSource, name})
  const rows = await query<{name: string; columns: string[]}>(
    db,
    `select table_name::text as name, array_agg(column_name::text order by ordinal_position) as columns
     from information_schema.columns where table_schema = current_schema() group by 1`,
  )
  return new Map(rows.map(({name, columns}) => [name, columns]))
}

test('a backup of an older version is restored with its schema and migrated, also into a database that is migrated', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {stock: 5})
  const names = (await query<{name: string}>(db, 'select name from knex_migrations order by id')).map(({name}) => name)
  const migrations = names.slice(0, names.indexOf('20261128000000_operators'))
  const known = await columnsBefore(t, migrations)
  const old = await rewrite(await makeBackup(db), (header) => ({
    ...header,
    migrations,
    tables: header.tables.flatMap((table) => {
      const columns = known.get(table.name)
      return columns ? [{...table, columns: table.columns.filter((column) => columns.includes(column))}] : []
    }),
    sequences: header.sequences.filter(({table}) => known.has(table)),
  }))

  for (const target of [await createEmptyDatabase(t), await createDatabase(t)]) {
    const {audit: result} = await restore(target.db, inPieces(old), options)
    t.deepEqual(result.findings, [])
    t.deepEqual(await migrateToLatest(target.db), [])
    t.deepEqual(await everything(target.db), await everything(db))
  }
})

test('a backup that contradicts its migrations or itself is refused, and tables of others keep their rows', async (t) => {
  const {db} = await createFullShop(t)
  const backup = await makeBackup(db)
  const target = await createEmptyDatabase(t)
  await target.db.raw('create table customers (id int); insert into customers values (1)')
  const refuse = async (change: (header: BackupHeader) => Partial<BackupHeader>, message: RegExp, without = '') => {
    const bytes = await rewrite(backup, (header) => ({...header, ...change(header)}), {without})
    await t.throwsAsync(restore(target.db, inPieces(bytes), options), {code: 'invalid_backup', message})
    t.false(await hasTables(target.db))
    t.is((await target.db('customers')).length, 1)
  }
  const editUsers = (edit: (users: BackupHeader['tables'][number]) => BackupHeader['tables']) => {
    return ({tables}: BackupHeader) => ({
      tables: tables.flatMap((table) => (table.name === 'users' ? edit(table) : [table])),
    })
  }

  const customers = {name: 'customers', columns: ['id'], rows: 0}
  await refuse(({tables}) => ({tables: [...tables, customers]}), /a table customers that its migrations do not make/)
  await refuse(
    editUsers(() => []),
    /lacks users/,
  )
  await refuse(
    editUsers((users) => [users, users]),
    /a table twice/,
  )
  await refuse(
    editUsers((users) => [{...users, columns: [...users.columns, 'a"b']}]),
    /columns of users .*: a"b/,
  )
  await refuse(
    editUsers((users) => [{...users, columns: ['id']}]),
    /columns of users .*: username/,
  )
  await refuse(
    editUsers((users) => [{...users, rows: 0}]),
    /rows that others refer to are missing/,
    'users',
  )
  await refuse(() => ({sequences: []}), /lacks the sequence of/)
  await refuse(() => ({created_at: '\u001b[2J'}), /not a backup/)
  await refuse(() => ({shop_version: '\u001b[2J'}), /not a backup/)
})

test('a shop that was only migrated and audited is empty, and a restore brings the audits of the backup', async (t) => {
  const {db} = await createFullShop(t)
  const {db: copy} = await createDatabase(t)
  t.is((await auditAndRecord(copy, {holdMaxSeconds: options.holds.holdMaxSeconds})).record, 'recorded')
  await restore(copy, Readable.from([await makeBackup(db)]), options)
  t.deepEqual(await everything(copy), await everything(db))
})

test('a restored shop gives no id twice, whatever the sequences of the backup', async (t) => {
  const {db} = await createDatabase(t)
  for (const name of ['anna', 'matt']) await addUser(db, name)
  const target = await createEmptyDatabase(t)
  const backup = await rewrite(await makeBackup(db), ({sequences, ...header}) => ({
    ...header,
    sequences: sequences.map((sequence) => ({...sequence, last_value: 2, is_called: false})),
    // In an order that no version of the shop applies them in.
    migrations: header.migrations.toReversed(),
  }))

  await restore(target.db, inPieces(backup), options)

  t.is(await addUser(target.db), 3)
  t.is(await addProduct(target.db), 2)
})

test('a backup whose reader stops in the middle is none, and one that cannot be written says why', async (t) => {
  const {db} = await createDatabase(t)
  // More than the streams keep in memory.
  await db.raw(`insert into users (username, password_hash)
    select 'user' || n, repeat(md5(n::text), 4) from generate_series(1, 20000) as n`)

  const write = async (bytes: AsyncIterable<Buffer>): Promise<void> => {
    const full = new Writable({
      write: (_, __, done) => {
        done(new Error('The disk is full.'))
      },
    })
    return pipeline(Readable.from(bytes), full)
  }
  await t.throwsAsync(backUp(db, {version: '1.0.0', write}), {message: 'The disk is full.'})

  // What a pipe that its reader has closed is to the command.
  const stop = async (bytes: AsyncIterable<Buffer>): Promise<void> => write(bytes).catch(() => undefined)
  t.is(await backUp(db, {version: '1.0.0', write: stop}), undefined)
  t.true((await makeBackup(db)).length > 100_000)
})

test('a database that a newer version has migrated meanwhile is not backed up', async (t) => {
  const {db} = await createDatabase(t)
  const trx = await db.transaction()
  await trx.raw('alter table users add column extra int')
  const backup = makeBackup(db)
  await untilWaiting(db)
  await trx('knex_migrations').insert({name: '29990101000000_future', batch: 9})
  await trx.commit()

  await t.throwsAsync(backup, {code: 'schema_newer'})
})

test('a backup of a newer version is refused, by its migrations and by its format', async (t) => {
  const {db} = await createDatabase(t)
  const backup = await makeBackup(db)
  const target = await createEmptyDatabase(t)
  const newer = await rewrite(backup, (header) => ({
    ...header,
    tables: [],
    migrations: [...header.migrations, '20990101000000_future'],
  }))
  await t.throwsAsync(restore(target.db, inPieces(newer), options), {code: 'newer_backup', message: /\(1\.0\.0\)/})

  const header = JSON.stringify({format: 'mattshop-backup', version: 2, shop_version: '9.0.0'})
  const format = gzipSync(new FrameWriter().frame(header))
  await t.throwsAsync(restore(target.db, inPieces(format), options), {code: 'newer_backup', message: /\(9\.0\.0\)/})
  t.false(await hasTables(target.db))
})

test('a database with anything in it, or that a shop serves, is left as it is', async (t) => {
  const source = await createDatabase(t)
  const backup = await makeBackup(source.db)
  const {db, url} = await createDatabase(t)
  const refuse = async (expected: {code: string; message?: RegExp}): Promise<void> => {
    await t.throwsAsync(restore(db, inPieces(backup), options), expected)
  }

  const pool = connect(() => ({connectionString: url}), {poolSize: 1, ...sessionsOfTests})
  await whileServing(pool, async () => refuse({code: 'shop_serving', message: /Nothing was restored/}))
  // The lock belongs to the session.
  await pool.destroy()

  await db('stock_pools').insert({name: 'east'})
  await refuse({code: 'database_not_empty', message: /rows in stock_pools/})
  await db('stock_pools').where({name: 'east'}).delete()
  await addUser(db)
  const before = await everything(db)
  await refuse({code: 'database_not_empty', message: /rows in users\./})
  t.deepEqual(await everything(db), before)

  const foreign = await createEmptyDatabase(t)
  await foreign.db.raw('create table users (id int)')
  await t.throwsAsync(restore(foreign.db, inPieces(backup), options), {message: /another program: users/})
  t.deepEqual(await foreign.db('users'), [])
})
