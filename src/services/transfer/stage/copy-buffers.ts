import type {Knex} from 'knex'

import {CopyRows, copyRows, type CopyValue} from '../../../db/copy.ts'

/** The size from which a buffer of rows is sent to its table, in bytes. */
const fullBuffer = 256 * 1024

/** How many full buffers the reader may be ahead of the database. */
const maxWaiting = 16

/** Rows on their way to temporary tables, which they reach in large pieces. */
export class CopyBuffers<Table extends string> {
  readonly #trx: Knex.Transaction
  readonly #buffers = new Map<Table, CopyRows>()
  #copying: Promise<void> = Promise.resolve()
  /** The number of full buffers that have not been sent yet. */
  #waiting = 0
  #isAbandoned = false

  constructor(trx: Knex.Transaction) {
    this.#trx = trx
  }

  add(table: Table, values: CopyValue[]): void {
    let rows = this.#buffers.get(table)
    if (rows === undefined) this.#buffers.set(table, (rows = new CopyRows()))
    rows.add(values)
  }

  /** Sends full buffers. To be awaited between pieces of the file, so that buffers do not pile up in memory. */
  async drain({all = false} = {}): Promise<void> {
    for (const [table, rows] of this.#buffers) {
      if (!all && rows.size < fullBuffer) continue
      this.#buffers.delete(table)
      this.#copy(table, rows)
    }
    if (all || this.#waiting > maxWaiting) await this.#copying
  }

  /** To be called before the transaction is rolled back, or waiting buffers would be sent after its end. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true
    await this.#copying.catch(() => undefined)
  }

  /** Does not block the reader. A failed COPY surfaces at the next `drain` that waits. */
  #copy(table: Table, rows: CopyRows): void {
    this.#waiting++
    this.#copying = this.#copying.then(async () => {
      if (this.#isAbandoned) return
      await copyRows(this.#trx, table, rows)
      this.#waiting--
    })
    this.#copying.catch(() => undefined)
  }
}
