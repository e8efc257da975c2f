import type {Knex} from 'knex'

import type {CopyValue} from '../../../db/copy.ts'
import {query} from '../../../db/query.ts'
import {deferListings} from '../../catalogue/load-listings.ts'
import type {FixtureReader} from '../fixture.ts'
import {Problems} from '../fixture-problems.ts'
import type {RecordPlace} from '../formats/parse-record.ts'
import {Leftovers} from '../leftovers.ts'
import {CopyBuffers} from './copy-buffers.ts'
import {createTemporaryTables} from './staged-tables.ts'

/**
 * Prepares a transaction that reads a file into temporary tables. The file may arrive slowly, and hash tables of a million
 * records need more memory than orders do.
 */
export async function prepareStaging(
  trx: Knex.Transaction,
  tables: Parameters<typeof createTemporaryTables>[0],
): Promise<void> {
  await query(
    trx,
    `set local work_mem = '128MB';
     set local jit = off;
     set local statement_timeout = 0;
     set local lock_timeout = 0;
     set local idle_in_transaction_session_timeout = 0;
     ${createTemporaryTables(tables)}`,
  )
  await deferListings(trx)
}

/** Takes the records of a file as they are read, and sends them in large pieces to temporary tables. */
export abstract class RecordStage<Table extends string> {
  readonly problems = new Problems()
  /** What the file has and the shop has no place for. */
  readonly leftovers = new Leftovers()
  readonly #buffers: CopyBuffers<Table>
  #seq = 0

  constructor(trx: Knex.Transaction) {
    this.#buffers = new CopyBuffers(trx)
  }

  /** The number of places handed out, which is about the number of records. */
  get recordCount(): number {
    return this.#seq
  }

  /** A place for the next record, or for a part of a record that messages name separately. */
  place(record: string): RecordPlace {
    this.#seq++
    return {record, seq: this.#seq, problems: this.problems}
  }

  /** Reads a text to its end, no faster than the database takes the records. */
  async fill(text: AsyncIterable<string>, reader: FixtureReader): Promise<void> {
    try {
      for await (const piece of text) {
        await reader.write(piece)
        await this.drain()
      }
      await reader.end()
      await this.drain({all: true})
    } catch (error) {
      await this.#buffers.abandon()
      throw error
    }
  }

  protected addRow(table: Table, values: CopyValue[]): void {
    this.#buffers.add(table, values)
  }

  /** Sends full buffers, between pieces of the file. */
  protected async drain(options: {all?: boolean} = {}): Promise<void> {
    await this.#buffers.drain(options)
  }
}
