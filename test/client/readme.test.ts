import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'

import test from 'ava'

import {loadDemo} from '../../src/services/transfer/demo/demo.ts'
import {cheapBcrypt} from '../helpers/cheap-bcrypt.ts'
import {startPayingShop} from '../helpers/paid-shop.ts'

const client = new URL('../../client/index.js', import.meta.url)
const readme = new URL('../../../client/README.md', import.meta.url)

test('the package has the version of the shop and the dependency that it is tested with', async (t) => {
  const [shop, packed] = await Promise.all(
    ['../../../package.json', '../../../client/package.json'].map(
      async (file) => JSON.parse(await readFile(new URL(file, import.meta.url), 'utf8')) as Package,
    ),
  )
  t.is(packed?.version, shop?.version)
  t.like(shop?.devDependencies, packed?.dependencies ?? {})
})

type Package = {version: string; dependencies: Record<string, string>; devDependencies: Record<string, string>}

test("the examples of the client's README work word for word, one after another", async (t) => {
  const {shop, db} = await startPayingShop(t)
  await loadDemo(db, cheapBcrypt)
  const blocks = [...(await readFile(readme, 'utf8')).matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code)
  t.is(blocks.length, 10)
  const folder = await mkdtemp(join(tmpdir(), 'shop-client-'))
  const script = join(folder, 'examples.mjs')
  await writeFile(
    script,
    blocks.join('').replace('mattshop-client', client.href).replaceAll('http://localhost:8000', shop.origin),
  )

  const {stdout} = await promisify(execFile)(process.execPath, [script], {cwd: folder})
  await rm(folder, {recursive: true})

  const lines = stdout.trim().split('\n')
  t.regex(lines[0] ?? '', /^Logged in until \d{4}-/)
  t.is(lines.filter((line) => line.endsWith(' USD')).length, 42)
  t.deepEqual(
    lines.slice(43).map((line) => line.replace(/test_setup_\w+/, 'SECRET')),
    [
      'With bread in its name: 1',
      'Placed order 1 for 4.25',
      'Still order 1',
      '499 in the list',
      '3 held for 12.75, 496 in the list',
      'Order 2: 3 of Sourdough Bread',
      'For the library of the provider: SECRET',
      'Stored visa 4242',
      'visa 4242, until 12/2040, the default',
      'Order 3 is paid: 4.25 charged',
      '400 out_of_stock',
      'Left: 495',
      'Order 3: 4.25, placed, Sourdough Bread',
      'Order 2: 12.75, placed, Sourdough Bread',
      'Order 1: 4.25, placed, Sourdough Bread',
    ],
  )
})
