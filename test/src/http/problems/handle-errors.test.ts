import {once} from 'node:events'
import {connect} from 'node:net'

import test from 'ava'
import express from 'express'

import {DatabaseUnavailableError, LoginBusyError} from '../../../../src/errors.ts'
import {listen} from '../../../../src/http/listener.ts'
import {handleErrors} from '../../../../src/http/problems/handle-errors.ts'

test('the error of a malformed request, which contains its bytes, is not logged', async (t) => {
  const logged: object[] = []
  const log = {info: () => undefined, warn: () => undefined, error: (fields: object) => logged.push(fields)}
  let handled: (error: unknown) => void
  const failed = new Promise((resolve) => (handled = resolve))
  const app = express()
  // As Express does while it sends a file.
  app.get('/', (request, _response, next) => {
    request.socket.once('close', () => {
      const {errored} = request.socket
      next(errored)
      handled(errored)
    })
  })
  app.use(handleErrors(log))
  const {url, close} = await listen(app, {host: '127.0.0.1', port: 0})
  t.teardown(async () => close(0))

  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Token secret\r\nTransfer-Encoding: gzip\r\n\r\n')
  await once(socket.resume(), 'close')

  t.regex(String(await failed), /Transfer-Encoding/)
  t.deepEqual(logged, [])
})

test('a flood of logins does not fill the log with stacks, and a database that is away is logged with its cause', async (t) => {
  const logged: {err: Error}[] = []
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => logged.push(fields as {err: Error}),
  }
  const failures = {'/busy': new LoginBusyError(), '/away': new DatabaseUnavailableError('The database is away.')}
  const app = express()
  for (const [path, error] of Object.entries(failures)) {
    app.get(path, () => {
      throw error
    })
  }
  app.use(handleErrors(log))
  const {url, close} = await listen(app, {host: '127.0.0.1', port: 0})
  t.teardown(async () => close(0))

  t.is((await fetch(`${url}/busy`)).status, 503)
  t.is((await fetch(`${url}/away`)).status, 503)

  t.deepEqual(
    logged.map(({err}) => err),
    [failures['/away']],
  )
})
