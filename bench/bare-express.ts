/*
 * A separate program, started by express-baseline.ts: Express with its defaults and one route, which answers with the
 * bytes that it was given.
 */
import {once} from 'node:events'
import type {AddressInfo} from 'node:net'

import express from 'express'

import type {BareAnswer} from './express-baseline.ts'

const [{path, status, body}] = (await once(process, 'message')) as [BareAnswer]
const app = express()
app.get(path, (_request, response) => {
  response.status(status).type('json').send(body)
})
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send?.({port: (server.address() as AddressInfo).port})
process.once('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
