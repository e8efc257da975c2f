import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../src/services/audit.ts'
import {createDatabase} from '../helpers/database.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {hasTerminal, openTerminal} from '../helpers/terminal.ts'
import {until} from '../helpers/until.ts'

const inTerminal = hasTerminal ? test : test.skip

/** Makes a program print its peak memory in kilobytes to stderr when it ends. NODE_OPTIONS allows no spaces or double quotes here. */
const printMemory =
  "--import=data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS='+process.resourceUsage().maxRSS))"

async function constraintsAndIndexes(db: Knex): Promise<unknown> {
  const {rows} = await db.raw<{rows: unknown[]}>(
    `select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
     from pg_constraint
     where connamespace = 'public'::regnamespace
     union all
     select tablename, indexname, indexdef, true from pg_indexes where schemaname = 'public'
     order by 1, 2, 3`,
  )
  return rows
}

test('sixty thousand products take little memory, also a second time, and keep every constraint and index', async (t) => {
  const {db, url} = await createDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'large-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = join(folder, 'products.ndjson.gz')
  await runShop(['generate-fixture', file, '--products', '60000'])
  const before = await constraintsAndIndexes(db)
  const env = {DATABASE_URL: url, NODE_OPTIONS: printMemory}

  for (const [loaded, existing] of [
    [60_000, 0],
    [0, 60_000],
  ]) {
    const {stdout, stderr} = await runShop(['load-fixture', file, '--json'], {env})
    t.like(JSON.parse(stdout), {products: {loaded, existing}})
    const kilobytes = Number(/maxRSS=(\d+)/.exec(stderr)?.[1])
    t.true(kilobytes < 250_000, `${kilobytes} kB`)
  }
  t.deepEqual(await constraintsAndIndexes(db), before)
  t.deepEqual((await audit(db)).findings, [])
})

test('a load that is killed while it reads leaves nothing', async (t) => {
  const {db, url} = await createDatabase(t)
  const child = spawn(process.execPath, [bin, 'load-fixture', '-'], {env: shopEnvironment({DATABASE_URL: url})})
  // The program is killed before it has read everything.
  child.stdin.on('error', () => undefined)
  const lines = Array.from({length: 20_000}, (_, n) => `Tea ${n},1,1`)
  child.stdin.write(['name,price,stock', ...lines, ''].join('\n'))
  await until(async () => {
    const {rows} = await db.raw<{rows: unknown[]}>(
      "select from pg_stat_activity where datname = current_database() and query like 'copy staged_%'",
    )
    return rows.length > 0
  })

  child.kill('SIGKILL')
  await once(child, 'exit')

  await until(async () => {
    const {rows} = await db.raw<{rows: unknown[]}>(
      "select from pg_stat_activity where datname = current_database() and query like 'copy staged_%'",
    )
    return rows.length === 0
  })
  t.deepEqual(await db('products'), [])
})

inTerminal('a load in a terminal shows its progress', async (t) => {
  const {url} = await createDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'bar-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = join(folder, 'products.csv')
  await runShop(['generate-fixture', file, '--products', '2000'])

  const terminal = openTerminal(t, ['load-fixture', file], {DATABASE_URL: url})
  await terminal.see('100% | 2000 records')
  await terminal.see('products    2000 loaded')
  t.is(await terminal.exitCode, 0)
})
