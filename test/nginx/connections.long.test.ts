import {readFile} from 'node:fs/promises'

import test from 'ava'
import express from 'express'

import {listen} from '../../src/http/listener.ts'
import {templates} from '../helpers/nginx.ts'
import {isProblem, send, setUp, withNginx} from '../helpers/nginx-requests.ts'

withNginx('an order whose connection breaks is answered 502 and was sent exactly once', async (t) => {
  const {port, received, connections} = await setUp(t, (request, response) => {
    if (request.method === 'PUT') request.socket.destroy()
    else response.end()
  })
  // nginx would retry when a kept-alive connection breaks.
  await send(port)

  const answer = await send(port, {method: 'PUT', path: '/orders/create/', body: '{}'})

  isProblem(t, answer, 502)
  t.deepEqual(
    received.map(({method}) => method),
    ['GET', 'PUT'],
  )
  t.is(connections(), 1)
})

withNginx('requests share a connection to the API', async (t) => {
  const {port, received, connections} = await setUp(t)

  for (let count = 0; count < 5; count++) await send(port)

  t.is(received.length, 5)
  t.is(connections(), 1)
})

test('nginx closes an idle connection before the API does', async (t) => {
  const server = await listen(express(), {host: '127.0.0.1', port: 0})
  t.teardown(async () => server.close(0))
  const configuration = await readFile(new URL('default.conf.template', templates), 'utf8')

  const answer = await fetch(server.url)

  const ofApi = /timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '')?.[1]
  const ofNginx = /keepalive 32;[^}]*keepalive_timeout (\d+)s;/.exec(configuration)?.[1]
  t.true(Number(ofNginx) < Number(ofApi), `nginx: ${ofNginx} s, API: ${ofApi} s`)
})
