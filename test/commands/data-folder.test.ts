import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {spawnShop} from '../helpers/run.ts'

async function createFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-test-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  return folder
}

test("the program does not run oclif plugins from SHOP_DATA_DIR, which is also the name of oclif's own variable", async (t) => {
  const dataDir = await createFolder(t)
  const marker = join(dataDir, 'marker')
  const plugin = join(dataDir, 'node_modules/planted')
  await mkdir(plugin, {recursive: true})
  await writeFile(join(plugin, 'hook.js'), `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`)
  await writeFile(
    join(plugin, 'package.json'),
    JSON.stringify({name: 'planted', version: '1.0.0', files: ['/hook.js'], oclif: {hooks: {init: './hook.js'}}}),
  )
  await writeFile(
    join(dataDir, 'package.json'),
    JSON.stringify({
      name: 'data',
      dependencies: {planted: '1.0.0'},
      oclif: {
        plugins: [
          {name: 'planted', type: 'user', tag: 'latest'},
          {name: 'planted', type: 'link', root: plugin},
        ],
      },
    }),
  )

  const {exitCode} = await spawnShop(['--version'], {env: {SHOP_DATA_DIR: dataDir}})

  t.is(exitCode, 0)
  t.false(existsSync(marker))
})

test('a SHOP_DATA_DIR that is a file gets one error', async (t) => {
  const file = join(await createFolder(t), 'file')
  await writeFile(file, '')

  const {exitCode, stdout, stderr} = await spawnShop(['list-products'], {env: {SHOP_DATA_DIR: file}})

  t.is(exitCode, 1)
  t.is(stdout, '')
  t.regex(
    stderr,
    /^Error: The embedded database in \S+ cannot be reached: ENOTDIR: not a directory, .*\nSet SHOP_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server\.\n$/,
  )
})
