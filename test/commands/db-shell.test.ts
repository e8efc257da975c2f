import {chmod, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {psqlCall} from '../../src/cli/psql.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop, spawnShop} from '../helpers/run.ts'
import {addUser} from '../helpers/shop.ts'

/** A folder for PATH that has nothing but Node and these scripts. */
async function createPath(t: ExecutionContext, scripts: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'path-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  await symlink(process.execPath, join(folder, 'node'))
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

test('psql gets the connection, and the password only in its environment', async (t) => {
  const {url} = await createDatabase(t)
  const PATH = await createPath(t, {psql: 'echo "arguments: $@; password: $PGPASSWORD"; exit 3'})
  const secret = new URL(url)
  secret.password = 'p%40ss'

  const {exitCode, stdout} = await spawnShop(['db-shell'], {env: {DATABASE_URL: secret.href, PATH}})

  t.is(exitCode, 3)
  t.regex(stdout, /^arguments: --dbname postgres:\S+; password: p@ss\n$/)
  t.notRegex(stdout, /arguments: .*p(@|%40)ss.*;/)
})

test('psql gives up a host that is silent, after the time that the environment says', async (t) => {
  const {url} = await createDatabase(t)
  const PATH = await createPath(t, {psql: 'echo "timeout: $PGCONNECT_TIMEOUT"'})
  const shell = async (env: NodeJS.ProcessEnv): Promise<string> =>
    (await spawnShop(['db-shell'], {env: {DATABASE_URL: url, PATH, ...env}})).stdout

  t.is(await shell({}), 'timeout: 5\n')
  t.is(await shell({PGCONNECT_TIMEOUT: '20'}), 'timeout: 20\n')
})

test('the connection of psql, for each way to name a database', (t) => {
  const server = {host: '/data', port: 5432, user: 'shop', database: 'shop'}
  t.deepEqual(psqlCall(server), {
    args: [],
    env: {PGHOST: '/data', PGPORT: '5432', PGUSER: 'shop', PGDATABASE: 'shop'},
  })
  t.like(psqlCall({...server, password: 'x'}), {env: {PGPASSWORD: 'x'}})
  t.deepEqual(psqlCall({connectionString: 'postgres://u:a%2Fb@h:1/d?sslmode=no-verify&application_name=x'}), {
    args: ['--dbname', 'postgres://u@h:1/d?sslmode=require&application_name=x'],
    env: {PGPASSWORD: 'a/b'},
  })
  t.deepEqual(psqlCall({connectionString: 'postgres://u:x@/d?host=/run/postgresql'}), {
    args: ['--dbname', 'postgres://u@/d?host=%2Frun%2Fpostgresql'],
    env: {PGPASSWORD: 'x'},
  })
  t.deepEqual(psqlCall({connectionString: 'postgres://h/d?password=x'}), {
    args: ['--dbname', 'postgres://h/d'],
    env: {PGPASSWORD: 'x'},
  })
})

test('psql goes to the host that accepts writes, as the shop does', (t) => {
  t.deepEqual(psqlCall({connectionString: 'postgres://u:x@h1:1,h2:2/d'}), {
    args: ['--dbname', 'postgres://u@h1:1,h2:2/d?target_session_attrs=read-write'],
    env: {PGPASSWORD: 'x'},
  })
  t.deepEqual(psqlCall({connectionString: 'postgres://u@h1,h2/d?target_session_attrs=any'}), {
    args: ['--dbname', 'postgres://u@h1,h2/d?target_session_attrs=any'],
    env: {},
  })
  t.like(psqlCall({host: 'h1,h2', port: 5432, user: 'shop', database: 'shop'}), {
    env: {PGHOST: 'h1,h2', PGTARGETSESSIONATTRS: 'read-write'},
  })
})

test('without psql, SQL is read up to a semicolon, and ends at the first failure', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'anna')
  const env = {DATABASE_URL: url, PATH: await createPath(t)}

  const good = await runShop(['db-shell'], {
    env,
    input: `select username, null as nothing\n  from users;\n\nupdate users set is_active = false;\nselect 1 as a; select '\u001b' as b`,
  })
  t.deepEqual([good.exitCode, good.stderr], [0, ''])
  t.regex(good.stdout, /│ anna +│ +│\n.*\nSELECT 1\nUPDATE 1\n[^]*SELECT 1\n[^]*│ \\u001b │\n.*\nSELECT 1\n$/)
  t.like(await db('users').first(), {is_active: false})

  const bad = await runShop(['db-shell'], {env, input: 'select wrong;\nupdate users set is_active = true;\n'})
  t.deepEqual([bad.exitCode, bad.stdout, bad.stderr], [1, '', 'Error: column "wrong" does not exist\n'])
  t.like(await db('users').first(), {is_active: false})
})
