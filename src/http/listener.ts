import {randomUUID} from 'node:crypto'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo, Socket} from 'node:net'
import {setImmediate as nextTurn} from 'node:timers/promises'

import type {Express} from 'express'

import {readRequestId} from './edge/request-id.ts'
import {earlyRefusal} from './edge/refuse-early.ts'
import {explain, urlOf} from './listener/address.ts'
import {
  closeOldest,
  type Connection,
  type Connections,
  destroyExcess,
  destroyOverdue,
  type Exchange,
  newConnection,
  oldestRequests,
  stateOf,
} from './listener/connections.ts'
import {messageClasses} from './message-classes.ts'
import {canPassOn, passOn} from './pass-on.ts'
import {
  BadRequestError,
  BodyTooLargeError,
  HeadersTooLargeError,
  RequestTimeoutError,
  TooManyConnectionsError,
} from './problems/http-errors.ts'
import type {ProblemError} from './problems/problem-error.ts'

export type RunningServer = {
  /** With the actual port if port 0 was requested. */
  url: string
  /** From now on it is not ready, and passes requests on to other replicas if a proxy offers that. It serves all others. */
  drain: () => void
  /** Accepts no more connections, waits at most `graceMs` for requests in flight, then closes the rest. */
  close: (graceMs: number) => Promise<void>
}

export type Listener = RunningServer & {
  /** The ids of the requests that are worked on, at most 20, and first those that have been for longest. */
  requestIds: () => string[]
}

export type ListenOptions = {
  host: string
  port: number
  /** How long a client may take to receive an answer before its connection is destroyed. */
  answerMs?: number
  /** How long the headers of a request may take, from the start of the connection or the first byte of the request. */
  headersMs?: number
  /** How long a request may take to arrive, body included. */
  requestMs?: number
  /** The most connections. For another one, that which has waited longest for its client is closed. */
  maxConnections?: number
  /** Called if a connection cannot be accepted, for example because the process has too many files open. */
  onError?: (error: Error) => void
  /** Called for every answer that the application does not give. */
  onRefusal?: (refusal: Refusal) => void
  /** Called if so many connections were closed to make room for others. */
  onCrowded?: (closed: number) => void
}

/** `isRequest`: the application got the beginning of the request. */
export type Refusal = {code: ProblemError['code']; requestId: string; isRequest: boolean}

/** Less than the 30 seconds after which Docker, Heroku and Fargate kill a process. */
export const graceMs = 25_000

/**
 * How long a connection must have been idle before a shutdown closes it: a request may be on its way, and is then
 * answered with `Connection: close`.
 */
const lingerMs = 1000

/** How often connections are looked at: while serving, and during a shutdown. */
const lookMs = {serving: 1000, closing: 100}

/**
 * How many requests may wait on one connection for the answers to earlier ones. No more is read while one waits, but a
 * single chunk has room for thousands. Hardly any client pipelines.
 */
const mostPipelined = 100

/** Throws ConfigurationError if the port is in use or the host is not an address of this machine. */
export async function listen(
  app: Express,
  {
    host,
    port,
    answerMs = 60_000,
    headersMs = 20_000,
    requestMs = 60_000,
    maxConnections = Infinity,
    onError,
    onRefusal,
    onCrowded,
  }: ListenOptions,
): Promise<Listener> {
  let isClosing = false
  let isDraining = false
  const connections: Connections = new Map()
  const options = {
    ...messageClasses(app),
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: lookMs.serving,
    // So that the refusal is like all others.
    requireHostHeader: false,
  }
  const server = createServer(options, take)
  // Any other expectation than `100-continue` may be ignored.
  server.on('checkExpectation', take)

  function take(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket)
    // A chunk can contain more requests than the one for which its connection was ended.
    if (!connection || !request.socket.writable) return
    if (stateOf(connection.response) === 'idle' && connection.pipelined.length === 0) {
      serve(connection, {request, response})
    } else if (connection.pipelined.length < mostPipelined) {
      connection.pipelined.push({request, response})
      if (connection.pipelined.length === 1) serveNextAfter(connection)
      // Not at once, because node:http reads on after every request.
      queueMicrotask(() => {
        if (connection.pipelined.length > 0) request.socket.pause()
      })
    } else {
      request.socket.destroy()
    }
  }

  function refuse(
    socket: Socket,
    refusal: ProblemError,
    {id = randomUUID(), isRequest = false}: {id?: string; isRequest?: boolean} = {},
  ): void {
    socket.write(earlyRefusal(refusal, id))
    onRefusal?.({code: refusal.code, requestId: id, isRequest})
  }

  function serve(connection: Connection, {request, response}: Exchange): void {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      refuse(request.socket, new BadRequestError('A request needs a Host header.'), {id: readRequestId(request)})
      endGently(request.socket, connection)
      return
    }
    // A listener on each response would cost a catalogue page 3 % of its rate.
    connection.response = response
    connection.finishedBytes = request.socket.bytesRead
    if (isClosing) endConnection(connection)
    if (isDraining && canPassOn(request)) passOn(request, response)
    else app(request, response)
  }

  /** One request of a connection at a time, so that no client piles up requests, or answers that it does not take. */
  function serveNextAfter(connection: Connection): void {
    connection.response?.once('close', () => {
      const next = connection.pipelined.shift()
      // After the last answer of a connection, no other response gets its socket.
      if (!next?.response.socket) return
      serve(connection, next)
      if (connection.pipelined.length > 0) serveNextAfter(connection)
      else next.request.socket.resume()
    })
  }

  // Longer than the idle time-out of proxies (60 s for nginx and AWS), so that none sends into a closing socket.
  server.keepAliveTimeout = 75_000
  // `server.close`, which node:cluster calls in a worker as well, would destroy idle connections at once.
  server.closeIdleConnections = () => undefined
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.get(socket)
    if (connection?.isEnding) return
    const {response} = connection ?? {}
    const state = stateOf(response)
    // Another answer would be taken for that of the request that is worked on, or for the rest of one that has begun.
    if (connection && (state === 'working' || state === 'sending')) {
      if (isInvalidRequest(error)) endAfterLast(socket, connection)
      else socket.destroy(error)
      return
    }
    // A request that was answered before all of it arrived gets no second answer.
    const isAnswered = state === 'idle' && response?.req.complete === false
    if (socket.writable && !isAnswered) {
      const id = state === 'receiving' ? response?.getHeader('x-request-id') : undefined
      refuse(socket, refusalOf(error), typeof id === 'string' ? {id, isRequest: true} : {})
    }
    if (connection && state === 'idle' && isInvalidRequest(error)) endGently(socket, connection)
    else socket.destroy(error)
  })
  server.on('connection', (socket) => {
    if (connections.size >= maxConnections) {
      const closed = closeOldest(connections)
      if (closed === 0) {
        refuse(socket, new TooManyConnectionsError())
        socket.end(() => socket.destroy())
        return
      }
      onCrowded?.(closed)
    }
    connections.set(socket, newConnection())
    socket.once('close', () => connections.delete(socket))
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(explain(error, {host, port}))
    })
    server.listen(port, host, resolve)
  })
  // Without a listener, an error of accept() would end the process.
  server.on('error', (error) => onError?.(error))
  const watch = setInterval(() => {
    destroyOverdue(connections, {sending: answerMs})
    destroyExcess(connections)
  }, lookMs.serving).unref()
  return {
    url: urlOf(server.address() as AddressInfo),
    requestIds: () => oldestRequests(connections),
    drain() {
      isDraining = true
    },
    async close(graceMs) {
      clearInterval(watch)
      // Connections that the system has already accepted would be reset: the event loop takes them first.
      await nextTurn()
      const closed = closeWithin(server, connections, {graceMs, answerMs})
      // Only now, since a client whose connection ends opens another one.
      isClosing = true
      for (const connection of connections.values()) endConnection(connection)
      await closed
    },
  }
}

/** Says nothing of the error itself, which contains the bytes of the request. */
function refusalOf({code}: NodeJS.ErrnoException): ProblemError {
  if (code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLargeError()
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new BodyTooLargeError()
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimeoutError()
  return new BadRequestError('The request is not valid HTTP.')
}

/** Whether what arrived is not HTTP, as opposed to a client that is slow or has gone. */
function isInvalidRequest({code}: NodeJS.ErrnoException): boolean {
  return code?.startsWith('HPE_') === true
}

/** Reads no more. The requests before the invalid one have arrived, and are carried out and answered. */
function endAfterLast(socket: Socket, connection: Connection): void {
  const {response, pipelined} = connection
  connection.isEnding = true
  socket.pause()
  if (pipelined.at(-1)?.request.complete === false) pipelined.pop()
  const last = pipelined.at(-1)?.response ?? response
  last?.once('close', () => {
    endGently(socket, connection)
  })
}

/** Bytes that nobody has read would make the system reset the connection, and drop what the client has yet to receive. */
function endGently(socket: Socket, connection: Connection): void {
  connection.isEnding = true
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => {
    clearTimeout(timer)
  })
}

/** A kept-alive connection would outlive the shutdown. It ends with the last request that has arrived. */
function endConnection({response, pipelined}: Connection): void {
  if (response && pipelined.length === 0 && !response.headersSent) response.setHeader('connection', 'close')
}

async function closeWithin(
  server: Server,
  connections: Connections,
  {graceMs, answerMs}: {graceMs: number; answerMs: number},
): Promise<void> {
  const watch = setInterval(() => {
    // After what has arrived is read: if the process stood still, a connection looks idle that has a request.
    setImmediate(() => {
      destroyOverdue(connections, {idle: lingerMs, sending: answerMs})
    })
  }, lookMs.closing)
  const deadline = setTimeout(() => {
    for (const socket of connections.keys()) socket.destroy()
  }, graceMs)
  await new Promise((resolve) => server.close(resolve))
  clearInterval(watch)
  clearTimeout(deadline)
}
