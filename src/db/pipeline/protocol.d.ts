// The parts of pg that its types leave out: the messages of the protocol, and how it writes values.

declare module 'pg/lib/connection.js' {
  import type {Socket} from 'node:net'
  import type {Readable} from 'node:stream'

  /** How a client of pg sends the messages of the protocol. */
  export type ProtocolConnection = {
    stream: Socket
    attachListeners(stream: Readable): void
    on(event: 'errorMessage', listener: (error: {code?: string; message: string}) => void): void
    query(text: string): void
    parse(statement: {name: string; text: string}): void
    bind(values: {statement: string; values: unknown[]}): void
    describe(what: {type: 'P'}): void
    execute(portal: Record<string, never>): void
    close(what: {type: 'S'; name: string}): void
    sync(): void
  }
}

declare module 'pg/lib/utils.js' {
  /** A value as the protocol carries it: text, a Buffer or null. Arrays are in PostgreSQL's notation. */
  export function prepareValue(value: unknown): Buffer | string | null
}
