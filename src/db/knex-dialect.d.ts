// Knex's own classes for PostgreSQL, which its types leave out.

declare module 'knex/lib/dialects/postgres/index.js' {
  import {knex, type Knex} from 'knex'

  export default class PostgresClient extends knex.Client {
    override transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction
  }
}

declare module 'knex/lib/dialects/postgres/execution/pg-transaction.js' {
  import type {Knex} from 'knex'

  interface PostgresTransaction extends Knex.Transaction {
    /** Resolves when the server has answered; a failure rejects the transaction, not this. */
    begin(connection: unknown): Promise<unknown>
  }
  const PostgresTransaction: new (
    client: unknown,
    container: unknown,
    config: unknown,
    outer: unknown,
  ) => PostgresTransaction
  export default PostgresTransaction
}
