import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../src/services/audit.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop, spawnShop} from '../helpers/run.ts'

/** Has a program tell on stderr, as it ends, the most memory that it held: kilobytes. Without the double quotes and blanks of NODE_OPTIONS. */
const tellMemory =
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

test('sixty thousand products take little memory, also the second time, and leave every constraint and index', async (t) => {
  const {db, url} = await createDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'large-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = join(folder, 'products.ndjson.gz')
  await runShop(['generate-fixture', file, '--products', '60000'])
  const before = await constraintsAndIndexes(db)
  const env = {DATABASE_URL: url, NODE_OPTIONS: tellMemory}

  for (const [loaded, existing] of [
    [60_000, 0],
    [0, 60_000],
  ]) {
    const {stdout, stderr} = await spawnShop(['load-fixture', file, '--json'], {env})
    t.like(JSON.parse(stdout), {products: {loaded, existing}})
    const kilobytes = Number(/maxRSS=(\d+)/.exec(stderr)?.[1])
    t.true(kilobytes < 250_000, `${kilobytes} kB`)
  }
  t.deepEqual(await constraintsAndIndexes(db), before)
  t.deepEqual((await audit(db)).findings, [])
})
