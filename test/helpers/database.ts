import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'

import type {ExecutionContext, TestFn} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../src/db/connect.ts'
import type {ConnectionSettings} from '../../src/db/hosts.ts'
import {migrateToLatest} from '../../src/db/migrate.ts'
import {query} from '../../src/db/query.ts'

const template = 'shop_template'
/** Set by run-with-server.ts: a server whose databases the tests create and drop. */
const serverUrl = process.env.TEST_SERVER_URL
/** Also set by it, with TEST_POOLER: the same server behind a pooler in transaction mode. */
const poolerUrl = process.env.TEST_POOLER_URL

/** For every connection pool on the URL of a test database. */
export const sessionsOfTests = poolerUrl === undefined ? {} : {prepared: false}

export type TestDatabase = {
  db: Knex
  /** For a command or a second connection pool. */
  url: string
}

/** For the connections of the tests themselves, of which a busy machine opens hundreds at the same time. */
const patience = {connectMs: 600_000, acquireMs: 600_000}

/** A pool closes its connections well within this. */
const destroyMs = 10_000

type Owner = Pick<ExecutionContext, 'teardown'>

/** A migrated database for one test, dropped when the test ends. It is a clone of a template, which takes about 10 ms. */
export async function createDatabase(t: Owner, {poolSize = 10} = {}): Promise<TestDatabase> {
  await prepareTemplate()
  return createFrom(t, template, poolSize)
}

/** One database, with what `fill` writes, for all tests of a file that leave it as it was. */
export function shareDatabase(
  test: TestFn,
  fill: (db: Knex) => Promise<unknown> = async () => Promise.resolve(),
): () => TestDatabase {
  let shared: TestDatabase | undefined
  const drops: (() => unknown)[] = []
  test.before(async () => {
    shared = await createDatabase({teardown: (drop) => drops.push(drop)})
    await fill(shared.db)
  })
  test.after.always(async () => {
    for (const drop of drops) await drop()
  })
  return () => {
    if (!shared) throw new Error('The database is made before the first test.')
    return shared
  }
}

/** A database without tables, for tests that migrate. `options` are those of CREATE DATABASE. */
export async function createEmptyDatabase(t: Owner, options = ''): Promise<TestDatabase> {
  return createFrom(t, 'template0', 10, options)
}

async function createFrom(t: Owner, template: string, poolSize: number, options = ''): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const url = databaseUrl(name, poolerUrl)
  const db = connect(() => ({connectionString: url}), {poolSize, ...patience, ...sessionsOfTests})
  const {admin, giveBack} = borrowAdmin()
  t.teardown(async () => {
    // A test that failed may have left a transaction open, which a pool waits for without end.
    await Promise.race([db.destroy(), delay(destroyMs, undefined, {ref: false})])
    try {
      await admin.raw('drop database if exists ?? with (force)', [name])
    } finally {
      await giveBack()
    }
  })
  // Copying files takes a third of the CPU time of PostgreSQL's default, which logs each page.
  await admin.raw(`create database ?? template ?? strategy file_copy ${options}`, [name, template])
  return {db, url}
}

/** One template for the whole run, made by the first test file that needs it. */
async function prepareTemplate(): Promise<void> {
  prepared ??= onServer(async (admin) => {
    await admin.transaction(async (trx) => {
      await trx.raw('select pg_advisory_xact_lock(1)')
      const existing = await query(trx, 'select from pg_database where datname = ?', [template])
      if (existing.length > 0) return

      // CREATE DATABASE cannot run in a transaction; this one holds the lock meanwhile.
      const draft = `${template}_draft`
      await onServer(async (other) => {
        await other.raw('drop database if exists ??', [draft])
        await other.raw('create database ?? template template0', [draft])
      })
      const db = connect(() => ({connectionString: databaseUrl(draft)}), {poolSize: 2, ...patience})
      await migrateToLatest(db).finally(async () => db.destroy())
      await onServer(async (other) => {
        await other.raw('alter database ?? rename to ??', [draft, template])
      })
    })
  })
  return prepared
}

let prepared: Promise<void> | undefined

let shared: {admin: Knex; borrowers: number} | undefined

/** One connection pool for all databases of this process, closed after the last of them. */
function borrowAdmin(): {admin: Knex; giveBack: () => Promise<void>} {
  const borrowed = (shared ??= {admin: connect(serverSettings, {poolSize: 2, ...patience}), borrowers: 0})
  borrowed.borrowers++
  const giveBack = async (): Promise<void> => {
    borrowed.borrowers--
    if (borrowed.borrowers > 0) return
    shared = undefined
    await borrowed.admin.destroy()
  }
  return {admin: borrowed.admin, giveBack}
}

async function onServer(run: (admin: Knex) => Promise<void>): Promise<void> {
  const admin = connect(serverSettings, {poolSize: 2, ...patience})
  await run(admin).finally(async () => admin.destroy())
}

function serverSettings(): ConnectionSettings {
  if (serverUrl === undefined)
    throw new Error('Run the tests with `npm run test:only`, which starts a server for them.')
  return {connectionString: serverUrl}
}

function databaseUrl(name: string, server = serverUrl): string {
  if (server === undefined) throw new Error('TEST_SERVER_URL is not set.')
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
