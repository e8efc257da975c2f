import {createServer, type Server, type ServerResponse} from 'node:http'
import {type AddressInfo, Server as NetServer, type Socket} from 'node:net'
import {setImmediate as nextTurn} from 'node:timers/promises'

import type {Express} from 'express'

import {ConfigurationError} from '../errors.ts'
import {messageClasses} from './message-classes.ts'

export type RunningServer = {
  /** With the actual port if port 0 was requested. */
  url: string
  /** Accepts no more connections, waits at most `graceMs` for requests in flight, then closes the rest. */
  close: (graceMs: number) => Promise<void>
}

export type ListenOptions = {
  host: string
  port: number
  /** How long a client may take no part of its answer before its connection is destroyed. */
  stalledMs?: number
  /** Called if a connection cannot be accepted, for example because the process has too many files open. */
  onError?: (error: Error) => void
}

/** Less than the 30 seconds after which Docker, Heroku and Fargate kill a process. */
export const graceMs = 25_000

/**
 * How long a connection must have been idle before a shutdown closes it: a request may be on its way, and is then
 * answered with `Connection: close`.
 */
const lingerMs = 1000

type Connection = {inFlight: number; idleSince: number}

/** Throws ConfigurationError if the port is in use or the host is not an address of this machine. */
export async function listen(
  app: Express,
  {host, port, stalledMs = 30_000, onError}: ListenOptions,
): Promise<RunningServer> {
  let isClosing = false
  const connections = new Map<Socket, Connection>()
  const inFlight = new Set<ServerResponse>()
  const server = createServer(messageClasses(app), (request, response) => {
    const {socket} = request
    const connection = connections.get(socket)
    if (connection) connection.inFlight++
    inFlight.add(response)
    response.once('close', () => {
      inFlight.delete(response)
      if (!connection) return
      connection.inFlight--
      connection.idleSince = performance.now()
    })
    // Node's own time-out for idle connections replaces this one after the answer.
    socket.setTimeout(stalledMs)
    response.on('timeout', destroyIfStalled)
    if (isClosing) endConnection(response)
    app(request, response)
  })
  // Longer than the idle time-out of proxies (60 s for nginx and AWS), so that none sends into a closing socket.
  server.keepAliveTimeout = 75_000
  server.headersTimeout = 80_000
  server.on('connection', (socket) => {
    connections.set(socket, {inFlight: 0, idleSince: performance.now()})
    socket.once('close', () => connections.delete(socket))
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(explain(error, host, port))
    })
    server.listen(port, host, resolve)
  })
  // Without a listener, an error of accept() would end the process.
  server.on('error', (error) => onError?.(error))
  return {
    url: urlOf(server.address() as AddressInfo),
    async close(graceMs) {
      isClosing = true
      for (const response of inFlight) endConnection(response)
      // Connections that the system has already accepted would be reset: the event loop takes them first.
      await nextTurn()
      await closeWithin(server, connections, graceMs)
    },
  }
}

/** Node calls this after a time without progress on a socket, whatever it waited for. */
function destroyIfStalled(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy()
}

/** A kept-alive connection would outlive the shutdown. */
function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}

async function closeWithin(server: Server, connections: Map<Socket, Connection>, graceMs: number): Promise<void> {
  const destroyIdle = setInterval(() => {
    const now = performance.now()
    for (const [socket, {inFlight, idleSince}] of connections) {
      if (inFlight === 0 && now - idleSince >= lingerMs) socket.destroy()
    }
  }, lingerMs / 10)
  const deadline = setTimeout(() => {
    for (const socket of connections.keys()) socket.destroy()
  }, graceMs)
  // The `close` of node:http would destroy idle connections at once.
  await new Promise((resolve) => NetServer.prototype.close.call(server, resolve))
  clearInterval(destroyIdle)
  clearTimeout(deadline)
  // Ends the timer that node:http checks its connections with.
  server.close()
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
