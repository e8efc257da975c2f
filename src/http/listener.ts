import {createServer, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

import type {Express} from 'express'

import {ConfigurationError} from '../errors.ts'
import {messageClasses} from './message-classes.ts'

export type RunningServer = {
  /** With the port that was taken where 0 was asked for. */
  url: string
  /** Takes no more connections, lets requests in flight finish for at most `graceMs`, then cuts what is left. */
  close: (graceMs: number) => Promise<void>
}

/** Below the 30 seconds that Docker, Heroku and Fargate give before they kill. */
export const graceMs = 25_000

/** Throws ConfigurationError where the port is taken or the host is not this machine's. */
export async function listen(app: Express, {host, port}: {host: string; port: number}): Promise<RunningServer> {
  let isClosing = false
  const inFlight = new Set<ServerResponse>()
  const server = createServer(messageClasses(app), (request, response) => {
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
    if (isClosing) endConnection(response)
    app(request, response)
  })
  // Longer than the idle time of proxies in front (60 s for nginx and AWS), so that none sends into a closing socket.
  server.keepAliveTimeout = 75_000
  server.headersTimeout = 80_000

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(explain(error, host, port))
    })
    server.listen(port, host, resolve)
  })
  return {
    url: urlOf(server.address() as AddressInfo),
    async close(graceMs) {
      isClosing = true
      for (const response of inFlight) endConnection(response)
      await closeWithin(server, graceMs)
    },
  }
}

/** A connection that is kept alive would outlive the shutdown. */
function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}

async function closeWithin(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => {
    server.closeAllConnections()
  }, graceMs)
  await new Promise((resolve) => server.close(resolve))
  clearTimeout(timer)
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} is taken. Stop what listens there, or choose another one with --port.`,
    EADDRNOTAVAIL: `${host} is no address of this machine. Choose another one with --host.`,
    ENOTFOUND: `${host} is no address of this machine. Choose another one with --host.`,
    EACCES: `Port ${port} needs more rights than this user has. Choose one above 1023 with --port.`,
  }
  const reason = reasons[error.code ?? '']
  return reason === undefined ? error : new ConfigurationError(reason, {cause: error})
}

function urlOf({address, family, port}: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
