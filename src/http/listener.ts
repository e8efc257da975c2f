import {createServer, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

import type {Express} from 'express'

import {ConfigurationError} from '../errors.ts'
import {messageClasses} from './message-classes.ts'

export type RunningServer = {
  /** With the actual port if port 0 was requested. */
  url: string
  /** Accepts no more connections, waits at most `graceMs` for requests in flight, then closes the rest. */
  close: (graceMs: number) => Promise<void>
}

/** Less than the 30 seconds after which Docker, Heroku and Fargate kill a process. */
export const graceMs = 25_000

/** Throws ConfigurationError if the port is in use or the host is not an address of this machine. */
export async function listen(app: Express, {host, port}: {host: string; port: number}): Promise<RunningServer> {
  let isClosing = false
  const inFlight = new Set<ServerResponse>()
  const server = createServer(messageClasses(app), (request, response) => {
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
    if (isClosing) endConnection(response)
    app(request, response)
  })
  // Longer than the idle time-out of proxies (60 s for nginx and AWS), so that none sends into a closing socket.
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

/** A kept-alive connection would outlive the shutdown. */
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
  const otherHost = {reason: `${host} is not an address of this machine.`, hint: 'Choose another host with --host.'}
  const refusals: Partial<Record<string, {reason: string; hint: string}>> = {
    EADDRINUSE: {
      reason: `Port ${port} is already in use.`,
      hint: 'Stop the program that uses it, or choose another port with --port.',
    },
    EADDRNOTAVAIL: otherHost,
    ENOTFOUND: otherHost,
    EACCES: {
      reason: `This user may not listen on port ${port}.`,
      hint: 'Choose a port above 1023 with --port.',
    },
  }
  const refusal = refusals[error.code ?? '']
  return refusal ? new ConfigurationError(refusal.reason, {cause: error, hint: refusal.hint}) : error
}

function urlOf({address, family, port}: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
