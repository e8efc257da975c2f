import test from 'ava'

import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {migrationCount} from '../helpers/migrations.ts'
import {runShop} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'
import {addProduct, addToken, addUser} from '../helpers/shop.ts'

const newer = '20270101000000_future'
const newerText = `This database was migrated by a newer version of the shop (${newer}). Use that version.`

test('a database of a newer version is refused by all commands, and shown by migrate status', async (t) => {
  const {db, url} = await createDatabase(t)
  await db('knex_migrations').insert({name: newer, batch: 4, migration_time: '2027-01-01T00:00:00Z'})
  const env = {DATABASE_URL: url}

  for (const args of [['migrate'], ['migrate', 'rollback', '--yes'], ['list-products'], ['dump-fixture']]) {
    const run = await runShop(args, {env})
    t.deepEqual(run, {exitCode: 1, stdout: '', stderr: `Error: ${newerText}\n`}, `${args.join(' ')} refuses`)
  }
  t.is(JSON.parse((await runShop(['audit', '--json'], {env})).stdout).error.code, 'schema_newer')

  const status = await runShop(['migrate', 'status'], {env})
  t.regex(status.stdout, new RegExp(`${newer} +│ 2027-01-01 00:00:00 │ unknown │`))
  t.is(status.stderr, `${newerText}\n`)
  const {applied, unknown} = JSON.parse((await runShop(['migrate', 'status', '--json'], {env})).stdout)
  t.is(applied.length, migrationCount)
  t.deepEqual(unknown, [{name: newer, migrated_at: '2027-01-01T00:00:00.000000Z'}])
})

test('serve refuses a database of a newer version, and says how to go back to this one', async (t) => {
  const {db, url} = await createDatabase(t)
  await db('knex_migrations').insert({name: newer, batch: 4, migration_time: '2027-01-01T00:00:00Z'})

  const shop = spawnServe(t, {DATABASE_URL: url})

  t.is(await shop.exitCode, 1)
  t.true(shop.stderr().includes(`Error: ${newerText}\n`))
  t.regex(shop.stderr(), /SHOP_NEWER_SCHEMA=serve/)
})

test('with SHOP_NEWER_SCHEMA=serve, it starts on a database of a newer version, and takes orders', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db)
  const token = await addToken(db, await addUser(db))
  await db('knex_migrations').insert({name: newer, batch: 4, migration_time: '2027-01-01T00:00:00Z'})

  const shop = spawnServe(t, {DATABASE_URL: url, SHOP_NEWER_SCHEMA: 'serve'})
  const answer = await fetch(`${await shop.url}/orders/create/`, {
    method: 'PUT',
    headers: {authorization: `Token ${token}`, 'content-type': 'application/json'},
    body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
  })

  t.is(answer.status, 201)
  t.true(shop.stderr().includes(`Warning: ${newerText}`))
})

test('serve refuses a newer database that lacks a migration of this version', async (t) => {
  const {db, url} = await createDatabase(t)
  await db.raw('update knex_migrations set name = ? where id = (select max(id) from knex_migrations)', [newer])

  const shop = spawnServe(t, {DATABASE_URL: url})

  t.is(await shop.exitCode, 1)
  t.true(shop.stderr().includes(`Error: ${newerText}`))
})

const outdated =
  'Error: The database lacks tables or columns that this version of the shop needs.\nTo bring it up to date, run: shop migrate\n'

const empty =
  'Error: This shop is empty: its database has no tables yet.\n' +
  'To create them, run: shop migrate. To try the shop with some products, run: shop serve --demo\n'

for (const args of [
  ['list-products'],
  ['list-products', '--search', 'tea'],
  ['create-user', '--random'],
  ['place-order', '--user', 'a', '--item', '1'],
  ['dump-fixture'],
  ['load-fixture', '-'],
  ['audit'],
]) {
  test(`${args.join(' ')} on a database without tables says what to run`, async (t) => {
    const {url} = await createEmptyDatabase(t)

    const run = await runShop(args, {env: {DATABASE_URL: url}, input: 'this is no fixture'})

    t.deepEqual(run, {exitCode: 1, stdout: '', stderr: empty})
  })
}

test('a command on a database that lacks the last migration says what to run', async (t) => {
  const {url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await runShop(['migrate', 'rollback', '--yes'], {env})

  t.deepEqual(await runShop(['list-products'], {env}), {exitCode: 1, stdout: '', stderr: outdated})
})
