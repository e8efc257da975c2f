import {createServer} from 'node:net'
import {once} from 'node:events'

import test, {type ExecutionContext} from 'ava'

import {createDatabase, createEmptyDatabase, shareDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'

const fixture = JSON.stringify({products: [{name: 'Tea', price: '2.50', stock: 1}]})

/** Commands that write. */
const writers: {args: string[]; input?: string}[] = [
  {args: ['create-user', '--random']},
  {args: ['create-product', 'Tea', '--price', '1']},
  {args: ['create-pool', 'east']},
  {args: ['adjust-stock', '1', '--by', '1']},
  {args: ['set-price', '1', '2.50']},
  {args: ['place-order', '--user', 'matt', '--item', '1']},
  {args: ['load-fixture', '-'], input: fixture},
]

const readOnly = shareDatabase(test, async (db) => {
  await addUser(db, 'matt')
  await addProduct(db, {id: 1})
  await db.raw(
    `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`,
  )
})

for (const {args, input = ''} of writers) {
  test(`${args.join(' ')} on a read-only database says so, without SQL`, async (t) => {
    const env = {DATABASE_URL: readOnly().url}

    const text = await runShop(args, {env, input})
    const json = await runShop([...args, '--json'], {env, input})

    t.deepEqual({...text, stderr: ''}, {exitCode: 1, stdout: '', stderr: ''})
    t.regex(text.stderr, /^Error: The database is read-only\. Nothing was changed\.\nCheck that DATABASE_URL/)
    t.is(JSON.parse(json.stdout).error.code, 'database_read_only')
    t.notRegex(text.stderr + json.stdout, /insert|update|select|\$1/)
  })
}

test('migrate on an empty read-only database says so', async (t) => {
  const {db, url} = await createEmptyDatabase(t)
  await db.raw('alter database ?? set default_transaction_read_only = on', [new URL(url).pathname.slice(1)])

  const run = await runShop(['migrate'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 1)
  t.regex(run.stderr, /^Error: The database is read-only\./)
})

const denied = shareDatabase(test, async (db) => {
  await addUser(db, 'matt')
  await addProduct(db, {id: 1})
  await db.raw(`do $$ begin create role "no-rights" login; exception when duplicate_object then null; end $$`)
})

for (const {args, input = ''} of [{args: ['list-products']}, {args: ['audit']}, {args: ['dump-fixture']}, ...writers]) {
  test(`${args.join(' ')} by a role without rights names the role and the table, without SQL`, async (t) => {
    const env = {DATABASE_URL: asRole(denied().url, 'no-rights')}

    const text = await runShop(args, {env, input})

    t.deepEqual({...text, stderr: ''}, {exitCode: 1, stdout: '', stderr: ''})
    t.regex(
      text.stderr,
      /^Error: The database role "no-rights" lacks a right: permission denied for table \w+\. Nothing was changed\.\nHave the owner of the tables or an administrator run: grant select, insert, update, delete on table \w+ to "no-rights"\n$/,
    )
  })
}

test('DEBUG=shop shows the statement that was refused, too', async (t) => {
  const env = {DATABASE_URL: asRole(denied().url, 'no-rights'), DEBUG: 'shop'}

  const run = await runShop(['adjust-stock', '1', '--by', '1'], {env})

  t.regex(run.stderr, /select .* - permission denied for table \w+/)
  t.regex(run.stderr, /^Error: The database role "no-rights" lacks a right/m)
})

test('with --json, a missing right has the code permission_denied', async (t) => {
  const run = await runShop(['audit', '--json'], {env: {DATABASE_URL: asRole(denied().url, 'no-rights')}})

  t.is(run.stderr, '')
  t.is(JSON.parse(run.stdout).error.code, 'permission_denied')
})

test('a role that may use the tables of the shop, but not those of Knex, can run commands', async (t) => {
  const {db, url} = await createDatabase(t)
  await db.raw(`do $$ begin create role reader login; exception when duplicate_object then null; end $$`)
  await db.raw('grant select on all tables in schema public to reader')
  await db.raw('revoke select on knex_migrations from reader')

  const run = await runShop(['audit'], {env: {DATABASE_URL: asRole(url, 'reader')}})

  t.is(run.exitCode, 0)
  t.regex(
    run.stderr,
    /^Warning: This audit is not recorded for --since, because the database, or its role, can only read\.\n$/,
  )
})

test('migrate by a role that may not create tables names the schema, and the role to use', async (t) => {
  const {db, url} = await createEmptyDatabase(t)
  await db.raw(`do $$ begin create role "no-rights" login; exception when duplicate_object then null; end $$`)

  const run = await runShop(['migrate'], {env: {DATABASE_URL: asRole(url, 'no-rights')}})

  t.is(run.exitCode, 1)
  t.regex(
    run.stderr,
    /permission denied for schema public\..*\n.*as the role that owns the tables, or set SHOP_MIGRATE_URL/,
  )
})

test("migrate by a role that may not write Knex's lock table names the table", async (t) => {
  const {db, url} = await createDatabase(t)
  await db.raw(`do $$ begin create role "no-rights" login; exception when duplicate_object then null; end $$`)
  await db.raw('delete from knex_migrations where id = (select max(id) from knex_migrations)')
  await db.raw('grant select on knex_migrations, knex_migrations_lock to "no-rights"')

  const run = await runShop(['migrate', '--json'], {env: {DATABASE_URL: asRole(url, 'no-rights')}})

  t.like(JSON.parse(run.stdout).error, {code: 'permission_denied'})
  t.regex(run.stdout, /permission denied for table knex_migrations_lock/)
})

test('a database that does not exist says what to check', async (t) => {
  const url = new URL(denied().url)
  url.pathname = '/no_such_database'

  const run = await runShop(['list-products'], {env: {DATABASE_URL: url.href}})

  t.is(run.exitCode, 1)
  t.regex(
    run.stderr,
    /database "no_such_database" does not exist\nCheck the database in DATABASE_URL, or POSTGRES_DB\./,
  )
})

const refusedWith = test.macro<[code: string, message: string, hint: RegExp]>({
  async exec(t, code, message, hint) {
    const port = await refuseConnections(t, code, message)
    const run = await runShop(['list-products', '--json'], {
      env: {DATABASE_URL: `postgres://shop:wrong@127.0.0.1:${port}/shop`},
    })

    const {error} = JSON.parse(run.stdout) as {error: {code: string; message: string; hint: string}}
    t.is(run.exitCode, 1)
    t.is(error.code, 'database_unavailable')
    t.true(error.message.includes(message))
    t.notRegex(error.message, /select|wrong/)
    t.regex(error.hint, hint)
  },
  title: (_, code, message) => `a connection refused with ${code}, "${message}", says what to check`,
})

test(
  refusedWith,
  '28P01',
  'password authentication failed for user "shop"',
  /the user and the password in DATABASE_URL/,
)
test(refusedWith, '28000', 'no pg_hba.conf entry for host "127.0.0.1"', /pg_hba\.conf/)
test(refusedWith, '53300', 'sorry, too many clients already', /SHOP_POOL_SIZE.*max_connections/)

for (const parameter of ['sslrootcert=/nope/ca.pem', 'sslcert=/nope/client.pem', 'sslkey=/nope/client.key']) {
  test(`DATABASE_URL with ${parameter} names the missing file at once`, async (t) => {
    const start = performance.now()

    const run = await runShop(['list-products'], {
      env: {DATABASE_URL: `postgres://shop:secret@127.0.0.1:1/shop?${parameter}`, SHOP_DATABASE_WAIT: '600'},
    })

    t.is(run.exitCode, 1)
    t.regex(run.stderr, /^Error: DATABASE_URL cannot be used: ENOENT: no such file or directory, open '\/nope\//)
    t.notRegex(run.stderr, /secret/)
    t.true(performance.now() - start < 30_000)
  })
}

test('a DATABASE_URL that is no URL is named, without its password', async (t) => {
  const run = await runShop(['list-products'], {env: {DATABASE_URL: 'postgres://shop:secret@host:port/shop'}})

  t.is(run.exitCode, 1)
  t.regex(run.stderr, /^Error: DATABASE_URL cannot be used: "host:port" is not a valid host\./)
  t.notRegex(run.stderr, /secret/)
})

function asRole(url: string, role: string): string {
  const changed = new URL(url)
  changed.username = role
  changed.password = ''
  return changed.href
}

/** A server that answers every connection with an error, and its port. */
async function refuseConnections(t: ExecutionContext, code: string, message: string): Promise<number> {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.concat([head, fields])))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address ? address.port : Number.NaN
}
