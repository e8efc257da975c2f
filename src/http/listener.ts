import {randomUUID} from 'node:crypto'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo, Socket} from 'node:net'
import {setImmediate as nextTurn} from 'node:timers/promises'

import type {Express, Response} from 'express'

import {ConfigurationError} from '../errors.ts'
import {readRequestId, requestIdOf} from './edge/request-id.ts'
import {earlyRefusal} from './edge/refuse-early.ts'
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

/**
 * How much may wait for clients to take it. A page of large orders has megabytes, and hundreds of clients that take none
 * would fill the memory before their time is over.
 */
const mostUntakenBytes = 100_000_000

/** How much may have arrived of requests that are not complete. A client can send nearly all of a body, and then wait. */
const mostUnfinishedBytes = 50_000_000

/** The part of the connections that is closed at once when there are too many, since they have to be looked through. */
const closedAtOnce = 0.02

/**
 * `receiving`: the body has not arrived yet. `sending`: the answer has begun, and the client has not taken all of it yet.
 */
type State = 'idle' | 'receiving' | 'working' | 'sending'

const mostRequestIds = 20

type Exchange = {request: IncomingMessage; response: ServerResponse}

/**
 * A connection's current response, the requests that wait for its end, and what the last look saw. `finishedBytes` arrived
 * before the body of its current request.
 */
type Connection = {
  response: ServerResponse | undefined
  pipelined: Exchange[]
  /** Whether what arrives from now on is dropped. */
  isEnding: boolean
  finishedBytes: number
  seen: {response: ServerResponse | undefined; state: State; since: number}
}

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
  const connections = new Map<Socket, Connection>()
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
    const seen = {response: undefined, state: 'idle', since: performance.now()} as const
    connections.set(socket, {response: undefined, pipelined: [], isEnding: false, finishedBytes: 0, seen})
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
    destroySlowest(connections, 'sending', {most: mostUntakenBytes, bytesOf: (socket) => socket.writableLength})
    destroySlowest(connections, 'receiving', {
      most: mostUnfinishedBytes,
      bytesOf: (socket, {finishedBytes}) => socket.bytesRead - finishedBytes,
    })
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

/** Destroys connections that have been in a state for longer than allowed. A state without a limit may last. */
function destroyOverdue(connections: Map<Socket, Connection>, limits: Partial<Record<State, number>>): void {
  const now = performance.now()
  for (const [socket, connection] of connections) {
    const {response, seen} = connection
    const state = stateOf(response)
    if (response !== seen.response || state !== seen.state) connection.seen = {response, state, since: now}
    else if (now - seen.since >= (limits[state] ?? Infinity)) socket.destroy()
  }
}

/** Destroys the connections that have been in a state for the longest time, until not too much waits in all of them. */
function destroySlowest(
  connections: Map<Socket, Connection>,
  state: State,
  {most, bytesOf}: {most: number; bytesOf: (socket: Socket, connection: Connection) => number},
): void {
  const found = [...connections].filter(([, {seen}]) => seen.state === state)
  let waiting = 0
  for (const [socket, connection] of found) waiting += bytesOf(socket, connection)
  if (waiting <= most) return
  for (const [socket, connection] of found.sort(bySince)) {
    waiting -= bytesOf(socket, connection)
    socket.destroy()
    if (waiting <= most) return
  }
}

/**
 * Makes room by closing those that have waited longest for their clients, and first those that never got an answer. Returns
 * how many.
 */
function closeOldest(connections: Map<Socket, Connection>): number {
  const count = Math.ceil(connections.size * closedAtOnce)
  const [fresh, kept]: [Waiting[], Waiting[]] = [[], []]
  for (const entry of connections) {
    const {response} = entry[1]
    const state = stateOf(response)
    if (state === 'receiving' || response === undefined) fresh.push(entry)
    else if (state === 'idle') kept.push(entry)
  }
  const oldest = [...fresh.sort(bySince), ...kept.sort(bySince)].slice(0, count)
  for (const [socket] of oldest) {
    socket.destroy()
    connections.delete(socket)
  }
  return oldest.length
}

/** Those that the last look has not seen come last. */
function oldestRequests(connections: Map<Socket, Connection>): string[] {
  const working = [...connections].filter(([, {response}]) => stateOf(response) === 'working')
  const known = working.filter(([, {response, seen}]) => response === seen.response).sort(bySince)
  const fresh = working.filter(([, {response, seen}]) => response !== seen.response)
  return [...known, ...fresh].slice(0, mostRequestIds).map(([, {response}]) => requestIdOf(response as Response))
}

type Waiting = [Socket, Connection]

function bySince([, one]: Waiting, [, other]: Waiting): number {
  return one.seen.since - other.seen.since
}

function stateOf(response: ServerResponse | undefined): State {
  if (!response || response.writableFinished) return 'idle'
  if (response.headersSent) return 'sending'
  return response.req.complete ? 'working' : 'receiving'
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
  connections: Map<Socket, Connection>,
  {graceMs, answerMs}: {graceMs: number; answerMs: number},
): Promise<void> {
  const watch = setInterval(() => {
    destroyOverdue(connections, {idle: lingerMs, sending: answerMs})
  }, lookMs.closing)
  const deadline = setTimeout(() => {
    for (const socket of connections.keys()) socket.destroy()
  }, graceMs)
  await new Promise((resolve) => server.close(resolve))
  clearInterval(watch)
  clearTimeout(deadline)
}

/** Why a server cannot listen there. `settings` are the names of what to change. */
export function explain(
  error: NodeJS.ErrnoException,
  {host, port}: {host: string; port: number},
  settings = {host: '--host', port: '--port'},
): Error {
  const otherHost = {
    reason: `${host} is not an address of this machine.`,
    hint: `Choose another host with ${settings.host}.`,
  }
  const refusals: Partial<Record<string, {reason: string; hint: string}>> = {
    EADDRINUSE: {
      reason: `Port ${port} is already in use.`,
      hint: `Stop the program that uses it, or choose another port with ${settings.port}.`,
    },
    EADDRNOTAVAIL: otherHost,
    ENOTFOUND: otherHost,
    EACCES: {
      reason: `This user may not listen on port ${port}.`,
      hint: `Choose a port above 1023 with ${settings.port}.`,
    },
  }
  const refusal = refusals[error.code ?? '']
  return refusal ? new ConfigurationError(refusal.reason, {cause: error, hint: refusal.hint}) : error
}

export function urlOf({address, family, port}: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
