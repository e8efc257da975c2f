import {DatabaseUnavailableError} from '../../errors.ts'
import {otherDatabase} from './advice.ts'

/*
 * Processes of different versions of the shop can meet on one data folder, as during an upgrade: one may lease the server
 * from the other's keeper. So neither these messages nor the names of the sockets (keeper-sockets.ts) and of the files in
 * the folder (paths.ts) may change.
 */

/** How to connect to the embedded server. */
export type Connection = {
  /** The folder of the server's socket, or 127.0.0.1 if the path is too long for a socket. */
  host: string
  port: number
  user: string
  database: string
  /** Only on loopback. */
  password?: string
}

/** A DatabaseUnavailableError: its message and, from the versions that have them, its code and hint. */
export type KeeperFailure = {error: string; code?: string; hint?: string}

/** The one line of JSON that the keeper sends to every lease, as soon as the server runs or has failed to start. */
export type KeeperMessage = {connection: Connection} | KeeperFailure

/**
 * What a process sends as it releases its lease: how long the server stays up if this was the last one. A process that sends
 * nothing, because it was killed or is of an earlier version, does not want it to stay.
 */
export type Release = {lingerSeconds: number}

export function parseRelease(line: string): Release {
  try {
    const {lingerSeconds} = JSON.parse(line) as Partial<Release>
    if (typeof lingerSeconds === 'number' && lingerSeconds > 0) return {lingerSeconds}
  } catch {
    // Cut off, or of a version that sends something else.
  }
  return {lingerSeconds: 0}
}

/** The new keeper's message to the process that started it. Without an error, there is now a keeper to connect to. */
export type KeeperNotice = Partial<KeeperFailure>

export function toFailure({message, code, hint}: DatabaseUnavailableError): KeeperFailure {
  return {error: message, code, ...(hint !== undefined && {hint})}
}

export function toError({error, hint}: KeeperFailure): DatabaseUnavailableError {
  return new DatabaseUnavailableError(error, {hint})
}

export function parseMessage(line: string): KeeperMessage {
  try {
    const message = JSON.parse(line) as Partial<{connection: Connection; error: string; hint: string}> | null
    if (typeof message?.connection === 'object' || typeof message?.error === 'string') return message as KeeperMessage
  } catch {
    // Refused below.
  }
  return {error: 'Something other than a keeper of the embedded database answers on its socket.', hint: otherDatabase}
}
