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

test('failures of overload are not logged, those of the database without their stack, and others with it', async (t) => {
  const logged: Record<string, unknown>[] = []
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => logged.push(fields as Record<string, unknown>),
  }
  const lost = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {code: 'ECONNREFUSED'})
  const bug = new TypeError('x is not a function')
  const failures = {
    '/busy': new LoginBusyError(),
    '/away': new DatabaseUnavailableError('The database is away.'),
    '/lost': lost,
    '/known': new DatabaseUnavailableError('The database is away.', {cause: lost}),
    '/bug': bug,
  }
  const app = express()
  for (const [path, error] of Object.entries(failures)) {
    app.get(path, () => {
      throw error
    })
  }
  app.use(handleErrors(log))
  const {url, close} = await listen(app, {host: '127.0.0.1', port: 0})
  t.teardown(async () => close(0))

  const statuses: number[] = []
  for (const path of Object.keys(failures)) statuses.push((await fetch(url + path)).status)

  t.deepEqual(statuses, [503, 503, 503, 503, 500])
  const reason = {reason: 'connect ECONNREFUSED 127.0.0.1:5432', reason_code: 'ECONNREFUSED'}
  t.deepEqual(
    logged.map((line) => ({...line, request_id: undefined})),
    [
      {reason: 'The database is away.', url: '/away', request_id: undefined},
      {...reason, url: '/lost', request_id: undefined},
      {...reason, url: '/known', request_id: undefined},
      {err: bug, url: '/bug', request_id: undefined},
    ],
  )
})
