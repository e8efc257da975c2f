// Knex's own classes for PostgreSQL, which its types leave out.

declare module 'knex/lib/dialects/postgres/index.js' {
  import type {Writable} from 'node:stream'

  import {knex, type Knex} from 'knex'
  import type {Query} from 'pg'

  export default class PostgresClient extends knex.Client {
    override transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction
    /** Hands a statement to pg, which writes it to its socket at once. */
    _query(connection: PostgresConnection, statement: unknown): Promise<unknown>
  }

  /** A client of pg. */
  export type PostgresConnection = {
    connection: ProtocolConnection
    query(group: Query): void
  }

  /** What pg sends the messages of the protocol by. */
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

declare module 'knex/lib/dialects/postgres/execution/pg-transaction.js' {
  export default class PostgresTransaction {
    constructor(client: unknown, container: unknown, config: unknown, outer: unknown)
    /** Resolves when the server has answered; a failure rejects the transaction, not this. */
    begin(connection: unknown): Promise<unknown>
  }
}

declare module 'pg/lib/utils.js' {
  /** A value as the protocol has it: a text, a Buffer or null. Arrays are in PostgreSQL's notation. */
  export function prepareValue(value: unknown): Buffer | string | null
}
