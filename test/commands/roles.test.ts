import {writeFile, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {createEmptyDatabase} from '../helpers/database.ts'
import {operationsOf} from '../helpers/fuzz/operations.ts'
import {paidApi} from '../helpers/openapi.ts'
import {findFreePort} from '../helpers/nginx.ts'
import {runShop} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'

const token = '3aa905c8b99b518e889df6fc02ec80dca142054e'
const payments = {SHOP_PAYMENT: 'optional', SHOP_PAYMENT_PROVIDER: 'test'}

test('the HTTP API works with a role that may change rows, but no tables', async (t) => {
  const {db, apiUrl, ownerUrl, api} = await createRoles(t)
  const env = {DATABASE_URL: apiUrl, SHOP_MIGRATE_URL: ownerUrl, ...payments}
  const shop = spawnServe(t, env, ['--port', '0', '--demo'])
  const origin = await shop.url

  const outcomes = new Map<string, number[]>()
  const all = operationsOf(paidApi())
  // Twice, since some operations need what others leave behind, and the log-out last, since all need the token.
  const operations = all.filter(({id}) => id !== 'logOut')
  const logOut = all.filter(({id}) => id === 'logOut')
  for (const {id, method, path, contents} of [...operations, ...operations, ...logOut]) {
    const [body] = contents['application/json']?.examples ?? []
    const {status} = await fetch(origin + path.replaceAll(/\{\w+\}/g, '6'), {
      method,
      headers: {authorization: `Token ${token}`, 'content-type': 'application/json'},
      ...(body !== undefined && {body: JSON.stringify(body)}),
    })
    outcomes.set(id, [...(outcomes.get(id) ?? []), status])
  }

  t.true(outcomes.size > 25)
  for (const [id, statuses] of outcomes) t.true(Math.max(...statuses) < 500, `${id}: ${statuses.join(' ')}`)
  const succeeded = [...outcomes.keys()].filter((id) => Math.min(...(outcomes.get(id) ?? [])) < 300)
  for (const id of [
    'logIn',
    'logOut',
    'createOrder',
    'listOrders',
    'listProducts',
    'addBasketItems',
    'setUpPaymentMethod',
  ]) {
    t.true(succeeded.includes(id), `${id} succeeds`)
  }
  await t.throwsAsync(db.raw(`set role ${api}; create table t (id int)`), {message: /permission denied/})
  await db.raw('reset role')
  await t.throwsAsync(db.raw(`set role ${api}; delete from knex_migrations`), {message: /permission denied/})
  await db.raw('reset role')
  shop.child.kill('SIGTERM')
  t.is(await shop.exitCode, 0)
  t.notRegex(shop.stdout(), /permission denied/)
})

test('commands work with such a role, apart from those that change tables', async (t) => {
  const {apiUrl, ownerUrl} = await createRoles(t)
  const folder = await mkdtemp(join(tmpdir(), 'shop-roles-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = (name: string): string => join(folder, name)
  await writeFile(file('new.csv'), 'name,price,stock\nTea,1.50,3\n')
  const env = {DATABASE_URL: apiUrl, ...payments}
  const asOwner = {...env, SHOP_MIGRATE_URL: ownerUrl}
  t.is((await runShop(['migrate'], {env: asOwner})).exitCode, 0)

  for (const line of [
    'migrate',
    'migrate status',
    'load-fixture',
    `load-fixture ${file('new.csv')}`,
    'create-user ann --random',
    'create-token ann',
    'add-test-method matt --outcome ok',
    'list-users',
    'create-product Lamp --price 9.99 --stock 5',
    'set-price Lamp 8.99 --currency EUR',
    'set-prices --percent 1 --yes',
    'update-product Lamp --name Lantern',
    'adjust-stock Lantern --to 7',
    'create-pool north',
    'move-stock Lantern 1 --from default --to north',
    'place-order --user matt --item 6:2',
    'cancel-order 1 --yes',
    'list-products --search bread',
    'list-orders',
    'list-movements',
    'list-payments',
    'reconcile-payments',
    'release-holds --expired',
    'report',
    'dump-fixture',
    `backup ${file('shop.backup')}`,
    'deactivate-user ann',
    'revoke-tokens ann --all',
    'audit',
    'doctor',
  ]) {
    const run = await runShop(line.split(' '), {env})
    t.is(run.exitCode, 0, `${line}: ${run.stderr}`)
  }
  const {stdout} = await runShop(['doctor'], {env})
  t.regex(stdout, /^good +rights +The role \w+ may use the tables of the shop, and another role owns and/m)

  const rolledBack = await runShop(['migrate', 'rollback', '--yes'], {env})
  t.is(rolledBack.exitCode, 1)
  t.regex(flatten(rolledBack.stderr), runsAsOwner)

  const {apiUrl: emptyApi, ownerUrl: emptyOwner} = await createRoles(t)
  const refused = await runShop(['restore', file('shop.backup')], {env: {DATABASE_URL: emptyApi}})
  t.is(refused.exitCode, 1)
  t.regex(flatten(refused.stderr), runsAsOwner)
  const restored = await runShop(['restore', file('shop.backup')], {
    env: {DATABASE_URL: emptyApi, SHOP_MIGRATE_URL: emptyOwner},
  })
  t.is(restored.exitCode, 0, `restore: ${restored.stderr}`)
  await runShop(['migrate'], {env: {DATABASE_URL: emptyApi, SHOP_MIGRATE_URL: emptyOwner}})
  t.is((await runShop(['list-products'], {env: {DATABASE_URL: emptyApi}})).exitCode, 0)
})

test('without rights to migrate, serve and migrate say what to do, and tables of later migrations are granted', async (t) => {
  const {db, apiUrl, ownerUrl, owner} = await createRoles(t)
  const advice = /permission denied.*\n.*Run `shop migrate` as the role that owns the tables, or set SHOP_MIGRATE_URL/

  const refused = await runShop(['migrate'], {env: {DATABASE_URL: apiUrl}})
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr.replaceAll(/\s+/g, ' ').replace('Run `', '\nRun `'), advice)
  const shop = spawnServe(t, {DATABASE_URL: apiUrl})
  t.is(await shop.exitCode, 1)
  t.regex(shop.stderr(), /SHOP_MIGRATE_URL/)

  const both = {DATABASE_URL: apiUrl, SHOP_MIGRATE_URL: ownerUrl}
  t.is((await runShop(['migrate'], {env: both})).exitCode, 0)
  await db.raw(`set role ${owner}; create table later (id int generated always as identity); reset role`)
  t.is((await runShop(['migrate'], {env: both})).stdout, 'Nothing to do: all migrations are applied.\n')
  const served = spawnServe(t, {DATABASE_URL: apiUrl})
  t.is((await fetch(`${await served.url}/healthcheck/ready/`)).status, 200)
  const {rows} = await db.raw<{rows: object[]}>(
    `select has_table_privilege(?, 'later', 'insert, delete') as used, has_sequence_privilege(?, 'later_id_seq', 'usage') as counted`,
    [new URL(apiUrl).username, new URL(apiUrl).username],
  )
  t.deepEqual(rows, [{used: true, counted: true}])
})

test('a server whose owner cannot connect says which setting is wrong, as JSON until it gives up', async (t) => {
  const {apiUrl, ownerUrl} = await createRoles(t)
  const closed = new URL(ownerUrl)
  closed.hostname = '127.0.0.1'
  closed.port = String(await findFreePort())
  closed.search = ''
  const env = {DATABASE_URL: apiUrl, SHOP_MIGRATE_URL: closed.href, SHOP_DATABASE_WAIT: '2'}
  const shop = spawnServe(t, env)

  t.is(await shop.exitCode, 1)
  const lines = shop.stderr().split('\n')
  const waiting = lines.find((line) => line.includes('Waiting for PostgreSQL')) ?? ''
  t.regex((JSON.parse(waiting) as {msg: string}).msg, new RegExp(`127\\.0\\.0\\.1:${closed.port}`))
  t.regex(shop.stderr(), /Check the server, the database, the user and the password in SHOP_MIGRATE_URL\./)
})

/** What commands say that change tables. */
const runsAsOwner =
  /permission denied .* Run the command as the role that owns the tables, or set SHOP_MIGRATE_URL to a URL with that role\./

function flatten(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

/** An empty database that one role owns, and another may connect to. */
async function createRoles(t: ExecutionContext) {
  const {db, url} = await createEmptyDatabase(t)
  const name = new URL(url).pathname.slice(1)
  const [owner, api] = [`owner_${name.slice(-12)}`, `api_${name.slice(-12)}`]
  await db.raw(`create role ${owner} login; create role ${api} login`)
  await db.raw(`alter database ${name} owner to ${owner}; alter schema public owner to ${owner}`)
  t.teardown(async () => {
    await db.raw(`drop owned by ${api}; reassign owned by ${owner} to current_user; drop owned by ${owner}`)
    await db.raw(`drop role ${api}; drop role ${owner}`)
  })
  const urlOf = (role: string): string => {
    const other = new URL(url)
    other.username = role
    other.password = ''
    return other.href
  }
  return {db, owner, api, ownerUrl: urlOf(owner), apiUrl: urlOf(api)}
}
