import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'

import {createDatabase} from '../helpers/database.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {ctrlC, hasTerminal, openTerminal} from '../helpers/terminal.ts'
import {until, untilWaiting} from '../helpers/until.ts'

const inTerminal = hasTerminal ? test : test.skip

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
  await terminal.see('% | 2000 records')
  await terminal.see('products    2000 loaded')
  t.is(await terminal.exitCode, 0)
  t.notRegex(terminal.shown(), /listing *\r?\n/, 'the bar is taken away')
})

inTerminal('a load, a dump and a generation that Ctrl-C ends say so, and leave nothing', async (t) => {
  const {db, url} = await createDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'stopped-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = join(folder, 'products.csv')
  await runShop(['generate-fixture', file, '--products', '20000'])
  const env = {DATABASE_URL: url}

  const load = openTerminal(t, ['load-fixture', file], env)
  await load.see('| reading')
  load.type(ctrlC)
  await load.see('Stopped. Nothing was changed.')
  t.is(await load.exitCode, 130)
  t.deepEqual(await db('products'), [])

  await runShop(['load-fixture', file], {env})
  const holder = await db.transaction()
  t.teardown(async () => holder.rollback())
  await holder.raw('lock table orders')
  const dump = openTerminal(t, ['dump-fixture', join(folder, 'dump.json')], env)
  await untilWaiting(db)
  dump.type(ctrlC)
  await dump.see('Stopped. No file was written.')
  t.is(await dump.exitCode, 130)

  const generation = openTerminal(t, ['generate-fixture', join(folder, 'g.json'), '--products', '5000000'], env)
  await generation.see('/s | ')
  generation.type(ctrlC)
  await generation.see('Stopped. No file was written.')
  t.is(await generation.exitCode, 130)
  t.deepEqual(await readdir(folder), ['products.csv'])
})
