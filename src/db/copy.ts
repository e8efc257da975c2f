import {pipeline} from 'node:stream/promises'

import type {Knex} from 'knex'
import {from as copyFrom, to as copyTo} from 'pg-copy-streams'

import {withConnection} from './connection.ts'
import {internalsOf} from './pg-internals.ts'

/** The value of a column in COPY's text format. Undefined is null. */
export type CopyValue = boolean | number | string | undefined

/** The length from which text is encoded, in characters. */
const fullText = 16 * 1024

/**
 * Rows in COPY's text format, kept as bytes: a string that grows by a million rows consists of a million pieces, which the
 * garbage collector visits again and again.
 */
export class CopyRows {
  readonly #pieces: Buffer[] = []
  #text = ''
  /** In bytes, without the last few rows. */
  size = 0

  add(values: readonly CopyValue[]): void {
    let separator = ''
    for (const value of values) {
      this.#text += separator + copyField(value)
      separator = '\t'
    }
    this.#text += '\n'
    if (this.#text.length > fullText) this.#encode()
  }

  toPieces(): Buffer[] {
    this.#encode()
    return this.#pieces
  }

  #encode(): void {
    const piece = Buffer.from(this.#text)
    this.#pieces.push(piece)
    this.size += piece.length
    this.#text = ''
  }
}

function copyField(value: CopyValue): string {
  if (value === undefined) return '\\N'
  return typeof value === 'string' && special.test(value) ? value.replace(everySpecial, escape) : String(value)
}

const special = /[\\\t\n\r]/
const everySpecial = /[\\\t\n\r]/g
const escapes: Record<string, string> = {'\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r'}

function escape(character: string): string {
  return escapes[character] ?? character
}

/**
 * Copies rows to a table, such as `prices (id, amount)`. All of them are in memory, so a COPY that has begun does not wait for
 * the program's own input.
 */
export async function copyRows(trx: Knex.Transaction, target: string, rows: CopyRows): Promise<void> {
  await withConnection(trx, async (connection) =>
    pipeline(rows.toPieces(), connection.query(copyFrom(`copy ${target} from stdin`))),
  )
}

/** Sends the bytes of COPY's text format to a statement such as `copy prices (id, amount) from stdin`. Returns the number of rows. */
export async function writeCopy(
  trx: Knex.Transaction,
  statement: string,
  bytes: AsyncIterable<Buffer>,
): Promise<number> {
  return withConnection(trx, async (connection) => {
    const copy = connection.query(copyFrom(statement))
    await pipeline(bytes, copy)
    return copy.rowCount
  })
}

/**
 * The rows of a statement such as `copy prices (id, amount) to stdout`, in COPY's text format. A piece may end within a row.
 * If they are not read to their end, the transaction loses its connection, which could do nothing else.
 */
export async function* readCopy(trx: Knex.Transaction, statement: string): AsyncGenerator<Buffer, void> {
  // A transaction has the same connection until it ends.
  const connection = await withConnection(trx, async (client) => Promise.resolve(client))
  const copy = connection.query(copyTo(statement))
  try {
    yield* copy as AsyncIterable<Buffer>
  } finally {
    if (!copy.readableEnded) internalsOf(connection).connection.stream.destroy()
  }
}
