import test from 'ava'
import pg from 'pg'

import {explainFailure} from '../../../src/cli/database-failures.ts'
import {query} from '../../../src/db/query.ts'
import {createDatabase} from '../../helpers/database.ts'

function databaseError(code: string, message: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), {code, severity: 'ERROR'})
}

const explains = test.macro<[error: Error, code: string, message: RegExp]>({
  async exec(t, error, code, message) {
    const explained = await explainFailure(error)
    t.like(explained, {code})
    t.regex((explained as Error).message, message)
  },
  title: (_, error, code) => `"${error.message}" is a ${code}`,
})

test(explains, databaseError('53100', 'could not extend file "base/1/2": No space left'), 'disk_full', /disk .* full/)
test(explains, databaseError('53200', 'out of memory'), 'database_unavailable', /gave up: out of memory\./)
test(explains, databaseError('57014', 'canceling statement due to user request'), 'database_unavailable', /gave up/)
test(explains, databaseError('57P01', 'terminating connection'), 'database_unavailable', /was lost: terminating/)
test(
  explains,
  new Error('insert into "users" values ($1) - Connection terminated unexpectedly'),
  'database_unavailable',
  /^The connection to the database was lost: Connection terminated unexpectedly\.$/,
)

test('a bug is shown with the message of the server, and without the statement and its values', async (t) => {
  const {db} = await createDatabase(t)
  const error = await t.throwsAsync(query(db, `select ?::int + 'a - b'::int`, ['12345']))

  const shown = (await explainFailure(error)) as Error
  t.is(shown.message, 'invalid input syntax for type integer: "a - b"')
  t.is(shown.cause, error)
})
