import test from 'ava'

import {migrationSource} from '../../src/db/migrate.ts'
import {readVersion} from '../../src/version.ts'
import {ask} from '../helpers/ask.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addToken, addUser, stockOf} from '../helpers/shop.ts'
import {spawnServe} from '../helpers/serve.ts'
import {until, untilRefused, untilWaiting} from '../helpers/until.ts'

test('serve migrates an empty database, prints its URL, and logs requests', async (t) => {
  const {url: database} = await createEmptyDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: database})

  const answer = await ask(`${await shop.url}/products/list/?secret=1`)
  t.is(answer.status, 200)

  shop.child.kill('SIGINT')
  t.is(await shop.exitCode, 0)
  const lines = shop.stderr().trim().split('\n')
  const said = lines.map((line) => JSON.parse(line) as {msg: string; database: string; docs: string})
  t.regex(said[0]?.msg ?? '', /^Migrated the database: 20261123000000_initial/)
  const listens = said.find(({msg}) => msg.endsWith('Press Ctrl-C to stop it.'))
  t.like(listens, {level: 30, version: readVersion(), workers: 1, docs: `${await shop.url}/docs/`})
  t.regex(listens?.database ?? '', /^127\.0\.0\.1:\d+$|^\//)
  t.regex(shop.stdout(), /"method":"GET","path":"\/products\/list\/","status":200,"ms":/)
  t.notRegex(shop.stdout(), /secret/)
})

test('a wrong PORT is named as it was given', async (t) => {
  const run = await runShop(['serve'], {env: {PORT: 'abc'}})
  const expected = {exitCode: 2, stdout: '', stderr: 'Error: PORT must be a whole number from 0 to 65535, not "abc".\n'}
  t.deepEqual(run, expected)
})

test('SHOP_ORDER_ITEMS is the most items of an order, also in the API description', async (t) => {
  const {db, url: database} = await createDatabase(t)
  const authorization = `Token ${await addToken(db, await addUser(db))}`
  const items = await Promise.all([1, 2, 3].map(async (id) => ({product_id: await addProduct(db, {id}), quantity: 1})))
  const shop = spawnServe(t, {DATABASE_URL: database, SHOP_ORDER_ITEMS: '2'})
  const url = await shop.url
  const order = async (count: number) =>
    ask(`${url}/orders/create/`, {
      method: 'PUT',
      headers: {authorization, 'content-type': 'application/json'},
      body: JSON.stringify({items: items.slice(0, count)}),
    })

  t.is((await order(2)).status, 201)
  const {status, body} = await order(3)
  t.is(status, 400)
  t.like(body, {items: {non_field_errors: ['Ensure this field has no more than 2 elements.']}})
  const {body: description} = await ask(`${url}/openapi.json`)
  t.like(description, {components: {schemas: {NewOrder: {properties: {items: {maxItems: 2}}}}}})
})

test('SIGTERM lets an order in flight finish, and refuses new connections', async (t) => {
  const {db, url: database} = await createDatabase(t)
  const token = await addToken(db, await addUser(db))
  const productId = await addProduct(db, {stock: 5})
  const shop = spawnServe(t, {DATABASE_URL: database})
  const url = await shop.url

  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()
  const order = ask(`${url}/orders/create/`, {
    method: 'PUT',
    headers: {authorization: `Token ${token}`, 'content-type': 'application/json'},
    body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
  })
  await untilWaiting(db)
  shop.child.kill('SIGTERM')
  await untilRefused(url)
  await blocker.rollback()

  const answer = await order
  t.is(answer.status, 201)
  t.is(answer.headers.get('connection'), 'close')
  t.is(await shop.exitCode, 0)
  t.is(await stockOf(db, productId), 4)
})

test('the log names a statement that takes long, and the request that waits for it', async (t) => {
  const {db, url: database} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: database})
  const url = await shop.url

  const blocker = await db.transaction()
  await blocker.raw('lock table listings')
  const list = ask(`${url}/products/list/`, {headers: {'x-request-id': 'mine'}})
  // On a busy machine, other statements are slow as well.
  const slowLines = (): string[] =>
    shop
      .stdout()
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.includes('A statement is slow.') && line.includes('"mine"'))
  await until(async () => Promise.resolve(slowLines().length > 0))
  await blocker.rollback()
  await list

  const [slow = ''] = slowLines()
  t.like(JSON.parse(slow), {level: 40, pool: 'shop reads', request_ids: ['mine']})
  t.regex(slow, /"pid":\d+,"statement":"[^"]+","ms":\d+/)
})

test('SHOP_LOG_LEVEL is the least level of the log, also in workers', async (t) => {
  const {url: database} = await createDatabase(t)
  for (const workers of ['1', '2']) {
    const shop = spawnServe(t, {DATABASE_URL: database, SHOP_LOG_LEVEL: 'warn'}, ['--port', '0', '--workers', workers])
    const url = await shop.url
    await ask(`${url}/products/list/`)
    await ask(`${url}/nothing`)
    await until(async () => Promise.resolve(shop.stdout().includes('/nothing')))
    shop.child.kill('SIGTERM')
    await shop.exitCode
    t.regex(shop.stdout(), /^\{"level":40,[^\n]*"path":"\/nothing","status":404,[^\n]*"code":"not_found"\}\n$/)
  }
})

test('a taken port is an error that says what to do', async (t) => {
  const {url: database} = await createDatabase(t)
  const first = spawnServe(t, {DATABASE_URL: database})
  const {port} = new URL(await first.url)

  const second = spawnServe(t, {DATABASE_URL: database}, ['--port', port])

  t.is(await second.exitCode, 1)
  t.regex(second.stderr(), new RegExp(`^Error: Port ${port} is already in use\\.\n.*--port`, 'm'))
})

test('a database that does not start is an error after SHOP_DATABASE_WAIT', async (t) => {
  const shop = spawnServe(t, {DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop', SHOP_DATABASE_WAIT: '0.2'})
  t.is(await shop.exitCode, 1)
  t.regex(shop.stderr(), /^Error: The database did not answer within 0\.2 seconds: .*ECONNREFUSED/m)
})

test('a database that refuses the connection is an error at once', async (t) => {
  const {url} = await createDatabase(t)
  const missing = new URL(url)
  missing.pathname = '/there_is_no_such_database'
  const shop = spawnServe(t, {DATABASE_URL: missing.href})
  t.is(await shop.exitCode, 1)
  t.regex(shop.stderr(), /^Error: The database refuses the connection: .*does not exist/m)
})

test('four replicas can start at once on an empty database', async (t) => {
  const {db, url: database} = await createEmptyDatabase(t)
  const shops = Array.from({length: 4}, () => spawnServe(t, {DATABASE_URL: database}))

  const answers = await Promise.all(shops.map(async ({url}) => ask(`${await url}/products/list/`)))

  t.true(answers.every(({status}) => status === 200))
  t.is((await db('knex_migrations')).length, (await migrationSource.getMigrations([])).length)
})

const usage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const shop = spawnServe(t, {}, args)
    t.is(await shop.exitCode, 2)
    t.regex(shop.stderr(), message)
  },
  title: (_, args) => `serve ${args.join(' ')} is wrong usage`,
})

test(usage, ['--port', 'x'], /^Error: --port must be a whole number from 0 to 65535, not "x"\.\n$/)
test(usage, ['--port', '70000'], /--port must be a whole number from 0 to 65535/)
test(usage, ['--color'], /There is no flag --color/)
