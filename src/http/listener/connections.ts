import type {IncomingMessage, ServerResponse} from 'node:http'
import type {Socket} from 'node:net'

import type {Response} from 'express'

import {requestIdOf} from '../edge/request-id.ts'

/**
 * How much may wait for clients to take it. A page of large orders has megabytes, and hundreds of clients that take none
 * would fill the memory before their time is over.
 */
const mostUntakenBytes = 100_000_000

/** How much may have arrived of requests that are not complete. A client can send nearly all of a body, and then wait. */
const mostUnfinishedBytes = 50_000_000

/** The part of the connections that is closed at once when there are too many, since they have to be looked through. */
const closedAtOnce = 0.02

/** The most ids of requests for the log. */
const mostRequestIds = 20

/**
 * `receiving`: the body has not arrived yet. `sending`: the answer has begun, and the client has not taken all of it yet.
 */
export type State = 'idle' | 'receiving' | 'working' | 'sending'

export type Exchange = {request: IncomingMessage; response: ServerResponse}

/**
 * A connection's current response, the requests that wait for its end, and what the last look saw. `finishedBytes` arrived
 * before the body of its current request.
 */
export type Connection = {
  response: ServerResponse | undefined
  pipelined: Exchange[]
  /** Whether what arrives from now on is dropped. */
  isEnding: boolean
  finishedBytes: number
  seen: {response: ServerResponse | undefined; state: State; since: number}
}

export type Connections = Map<Socket, Connection>

export function newConnection(): Connection {
  const seen = {response: undefined, state: 'idle', since: performance.now()} as const
  return {response: undefined, pipelined: [], isEnding: false, finishedBytes: 0, seen}
}

export function stateOf(response: ServerResponse | undefined): State {
  if (!response || response.writableFinished) return 'idle'
  if (response.headersSent) return 'sending'
  return response.req.complete ? 'working' : 'receiving'
}

/** Destroys connections that have been in a state for longer than allowed. A state without a limit may last. */
export function destroyOverdue(connections: Connections, limits: Partial<Record<State, number>>): void {
  const now = performance.now()
  for (const [socket, connection] of connections) {
    const {response, seen} = connection
    const state = stateOf(response)
    if (response !== seen.response || state !== seen.state) connection.seen = {response, state, since: now}
    else if (now - seen.since >= (limits[state] ?? Infinity)) socket.destroy()
  }
}

/** Destroys the slowest connections if too much waits in memory for all of them. */
export function destroyExcess(connections: Connections): void {
  destroySlowest(connections, 'sending', {most: mostUntakenBytes, bytesOf: (socket) => socket.writableLength})
  destroySlowest(connections, 'receiving', {
    most: mostUnfinishedBytes,
    bytesOf: (socket, {finishedBytes}) => socket.bytesRead - finishedBytes,
  })
}

/** Destroys the connections that have been in a state for the longest time, until not too much waits in all of them. */
function destroySlowest(
  connections: Connections,
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
export function closeOldest(connections: Connections): number {
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

/** The ids of the requests that are worked on, the oldest first. Those that the last look has not seen come last. */
export function oldestRequests(connections: Connections): string[] {
  const working = [...connections].filter(([, {response}]) => stateOf(response) === 'working')
  const known = working.filter(([, {response, seen}]) => response === seen.response).sort(bySince)
  const fresh = working.filter(([, {response, seen}]) => response !== seen.response)
  return [...known, ...fresh].slice(0, mostRequestIds).map(([, {response}]) => requestIdOf(response as Response))
}

type Waiting = [Socket, Connection]

function bySince([, one]: Waiting, [, other]: Waiting): number {
  return one.seen.since - other.seen.since
}
