import type {Knex} from 'knex'
import PostgresTransaction from 'knex/lib/dialects/postgres/execution/pg-transaction.js'
import PostgresClient, {type PostgresConnection} from 'knex/lib/dialects/postgres/index.js'

import {collectWrites} from './collect-writes.ts'

/** Knex on connections of pg that send a statement without waiting for the answers to those before it. */
export class PipeliningClient extends PostgresClient {
  override transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction {
    return new PipeliningTransaction(this, container, config, outer) as unknown as Knex.Transaction
  }

  override async _query(connection: PostgresConnection, statement: unknown): Promise<unknown> {
    collectWrites(connection)
    return super._query(connection, statement)
  }
}

/** Sends BEGIN with the first statement: a round trip less for each transaction. */
class PipeliningTransaction extends PostgresTransaction {
  override async begin(connection: unknown): Promise<unknown> {
    // A BEGIN that fails ends the transaction, which takes no more statements.
    void super.begin(connection)
    return Promise.resolve()
  }
}
