// Knex's own classes for PostgreSQL, which its types leave out.

declare module 'knex/lib/dialects/postgres/index.js' {
  import type {Writable} from 'node:stream'

  import {knex, type Knex} from 'knex'

  export default class PostgresClient extends knex.Client {
    override transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction
    /** Hands a statement to pg, which writes it to its socket at once. */
    _query(connection: PostgresConnection, statement: unknown): Promise<unknown>
  }

  /** A client of pg. */
  export type PostgresConnection = {
    connection: {stream: Writable}
    query(statement: {name?: string; text: string; values?: readonly unknown[]}): Promise<{rows: unknown[]}>
  }
}

declare module 'knex/lib/dialects/postgres/execution/pg-transaction.js' {
  export default class PostgresTransaction {
    constructor(client: unknown, container: unknown, config: unknown, outer: unknown)
    /** Resolves when the server has answered; a failure rejects the transaction, not this. */
    begin(connection: unknown): Promise<unknown>
  }
}
