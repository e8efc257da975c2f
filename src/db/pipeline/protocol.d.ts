// The parts of pg that its types leave out: the messages of the protocol, and how it writes values.

declare module 'pg/lib/connection.js' {
  import type {Writable} from 'node:stream'

  /** How a client of pg sends the messages of the extended query protocol. */
  export type ProtocolConnection = {
    stream: Writable
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
