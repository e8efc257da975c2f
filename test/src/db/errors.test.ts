import test from 'ava'

import {connect} from '../../../src/db/connect.ts'
import type {ConnectionSettings} from '../../../src/db/hosts.ts'
import {isConnectionError, isUnavailable} from '../../../src/db/errors.ts'
import {query} from '../../../src/db/query.ts'
import {createDatabase, shareDatabase} from '../../helpers/database.ts'

const shared = shareDatabase(test)

for (const [code, what, expected] of [
  ['53000', 'the server has too many files open', true],
  ['53100', 'the disk of the server is full', true],
  ['53200', 'the server is out of memory', true],
  ['53400', 'temporary files are too large', true],
  ['58030', 'the disk of the server fails', true],
  ['58P01', 'a file of the server is missing', true],
  ['22012', 'a statement divides by zero', false],
  ['XX000', 'the server has a bug', false],
] as const) {
  test(`${code}, ${what}: the database is ${expected ? 'unavailable' : 'not to blame'}`, async (t) => {
    const {db} = shared()

    const error = await t.throwsAsync(query(db, `do $$ begin raise exception using errcode = '${code}'; end $$`))

    t.is(isUnavailable(error), expected)
  })
}

test('a database that takes no connections is away', async (t) => {
  const {url} = await createDatabase(t)
  await shared().db.raw('alter database ?? allow_connections false', [new URL(url).pathname.slice(1)])

  t.true(isConnectionError(await failToConnect({connectionString: url})))
})

test('a connection that the system refuses, or that cannot have TLS, is an unavailable database', async (t) => {
  const {url} = shared()
  const through = {user: 'shop', database: 'shop', port: 5432}

  const refused = await failToConnect({...through, host: '255.255.255.255'})
  t.regex(String(refused), /connect E(?:ACCES|NETUNREACH|INVAL)/)
  t.true(isUnavailable(refused))
  t.true(
    isUnavailable(await failToConnect({connectionString: `${url}${url.includes('?') ? '&' : '?'}sslmode=no-verify`})),
  )
})

async function failToConnect(settings: ConnectionSettings): Promise<unknown> {
  const pool = connect(() => settings, {poolSize: 1})
  return query(pool, 'select 1')
    .catch((error: unknown) => error)
    .finally(async () => pool.destroy())
}
