import {execFile} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import test from 'ava'

import {findProgram} from '../../src/cli/find-program.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'

const script = fileURLToPath(new URL('../../../deploy/postgres/create-roles.sh', import.meta.url))
const psql = await findProgram('psql', process.env.PATH ?? '')
const withPsql = psql === undefined ? test.skip : test

if (psql === undefined)
  process.stderr.write('SKIPPED: test/deploy/create-roles.test.ts needs psql, which is not installed.\n')

withPsql(
  'the roles of docker compose: one that owns the tables, and one that sells, also for a shop of one role',
  async (t) => {
    const {db, url} = await createDatabase(t)
    const {hostname, port, username, pathname, searchParams} = new URL(url)
    const name = pathname.slice(1)
    const env = {
      PATH: process.env.PATH,
      PGHOST: searchParams.get('host') ?? hostname,
      PGPORT: port,
      POSTGRES_USER: decodeURIComponent(username),
      POSTGRES_DB: name,
      SHOP_OWNER_PASSWORD: "it's",
      SHOP_API_PASSWORD: 'a"b',
    }
    t.teardown(async () => {
      await db.raw('drop owned by mattshop_api; reassign owned by mattshop_owner to current_user')
      await db.raw('drop owned by mattshop_owner; drop role mattshop_owner, mattshop_api')
    })

    const readPasswords = async () =>
      db('pg_authid').whereIn('rolname', ['mattshop_owner', 'mattshop_api']).orderBy('rolname').pluck('rolpassword')

    await promisify(execFile)(script, {env})
    const first = await readPasswords()
    // To change the passwords.
    const again = await promisify(execFile)(script, {env: {...env, SHOP_API_PASSWORD: 'other'}})
    const second = await readPasswords()

    t.deepEqual(again, {stdout: '', stderr: ''})
    t.is(first.length, 2)
    const {rows} = await db.raw<{rows: object[]}>(
      `select pg_has_role('mattshop_owner', 'mattshop_api', 'usage') as owner,
              pg_has_role('mattshop_api', 'mattshop_owner', 'member') as api`,
    )
    t.deepEqual(rows, [{owner: true, api: false}])
    t.true([...first, ...second].every((password) => String(password).startsWith('SCRAM-SHA-256$')))
    const as = (role: string): string => {
      const other = new URL(url)
      other.username = role
      other.password = 'other'
      return other.href
    }
    const shop = {DATABASE_URL: as('mattshop_api')}
    t.is((await runShop(['list-products'], {env: shop})).exitCode, 1)
    const migrated = await runShop(['migrate'], {env: {...shop, SHOP_MIGRATE_URL: as('mattshop_owner')}})
    t.is(migrated.exitCode, 0, migrated.stderr)
    const rolledBack = await runShop(['migrate', 'rollback', '--yes'], {
      env: {...shop, SHOP_MIGRATE_URL: as('mattshop_owner')},
    })
    t.is(rolledBack.exitCode, 0, rolledBack.stderr)
    t.is((await runShop(['migrate'], {env: {...shop, SHOP_MIGRATE_URL: as('mattshop_owner')}})).exitCode, 0)
    t.is((await runShop(['list-products'], {env: shop})).exitCode, 0)
  },
)
