import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'

import {audit} from '../../src/services/audit.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop, spawnShop} from '../helpers/run.ts'

const tellMemory =
  "--import=data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS='+process.resourceUsage().maxRSS))"

test('sixty thousand products are updated with little memory, and the lists have all of them', async (t) => {
  const {db, url} = await createDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'update-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const [file, changed] = [join(folder, 'products.csv'), join(folder, 'changed.csv')]
  await runShop(['generate-fixture', file, '--products', '60000'])
  const env = {DATABASE_URL: url, NODE_OPTIONS: tellMemory}
  await spawnShop(['load-fixture', file], {env})
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n').slice(1)
  const rows = lines.map((_, index) => `${index + 1},1${index}.99,${index},S-${index}`)
  await writeFile(changed, `id,price,stock,sku\n${rows.join('\n')}\n`)

  const {exitCode, stdout, stderr} = await spawnShop(['update-products', changed, '--json'], {env})

  t.is(exitCode, 0)
  t.like(JSON.parse(stdout), {lines: 60_000, changed: 60_000, skus: 60_000, prices: 60_000})
  const kilobytes = Number(/maxRSS=(\d+)/.exec(stderr)?.[1])
  t.true(kilobytes < 250_000, `${kilobytes} kB`)
  t.is((await db('listing_refreshes').whereRaw('due_at <= now()')).length, 0)
  t.is((await db('pg_indexes').where({tablename: 'listings'})).length, 5)
  t.deepEqual((await audit(db)).findings, [])
})
