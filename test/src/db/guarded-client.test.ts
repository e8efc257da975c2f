import {type AddressInfo, createServer} from 'node:net'

import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../src/db/connect.ts'
import {isAnswer, isConnectionError} from '../../../src/db/errors.ts'
import {query} from '../../../src/db/query.ts'
import {message} from '../../helpers/wire.ts'

const ready = message('Z', 'I')
const loggedIn = Buffer.concat([message('R', 0), ready])
const isSetUp = Buffer.concat([message('C', 'SELECT 1\0'), ready])

const loses = test.macro<[string, ...Buffer[]]>({
  async exec(t, _what, ...answers) {
    const pool = await connectToAnswers(t, answers)

    const error = await t.throwsAsync(query(pool, 'select 1'))

    t.true(isConnectionError(error))
    t.false(isAnswer(error))
  },
  title: (_, what) => `${what} loses the connection, and nothing else`,
})

test(loses, 'a method of authentication that pg does not know', message('R', 7))
test(loses, 'a message that is shorter than it says', loggedIn, isSetUp, message('T', Buffer.from([0x7f, 0xff])))
test(loses, 'a message of an unknown kind', loggedIn, isSetUp, message('?', 0))

/** A connection pool for a server that answers each message of a client with the next of the answers. */
async function connectToAnswers(t: ExecutionContext, answers: Buffer[]) {
  const server = createServer((socket) => {
    let count = 0
    socket.on('error', () => undefined)
    socket.on('data', () => {
      const answer = answers[count++]
      if (answer) socket.write(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  const pool = connect(() => ({host: '127.0.0.1', port, user: 'shop', database: 'shop'}), {
    poolSize: 1,
    statementMs: 500,
  })
  t.teardown(async () => {
    await pool.destroy()
    server.close()
  })
  return pool
}
