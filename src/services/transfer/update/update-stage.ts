import type {Knex} from 'knex'

import type {Currency} from '../../../money.ts'
import {Problems} from '../fixture-problems.ts'
import type {RecordPlace} from '../formats/parse-record.ts'
import {Leftovers} from '../leftovers.ts'
import {CopyBuffers} from '../stage/copy-buffers.ts'
import type {UpdateTable} from './update-tables.ts'

/** What a line says of its product. What it does not say is undefined and stays as it is. */
export type LineUpdate = {
  id?: number | undefined
  sku?: string | undefined
  name?: string | undefined
  enabled?: boolean | undefined
  /** Null lifts the limit. */
  maxPerOrder?: number | null | undefined
  prices: {currency: Currency; amount: number; effectiveFrom: string | undefined}[]
  /** Quantities by the name of the stock pool. */
  stock: [pool: string, quantity: number][]
}

/** Takes the lines of a file as they are read, and sends them to the tables of update-tables.ts. */
export class UpdateStage {
  readonly problems = new Problems()
  readonly leftovers = new Leftovers()
  /** The stock pools that the header names. */
  pools: string[] = []
  readonly #buffers: CopyBuffers<UpdateTable>
  #seq = 0

  constructor(trx: Knex.Transaction) {
    this.#buffers = new CopyBuffers(trx)
  }

  get recordCount(): number {
    return this.#seq
  }

  place(record: string): RecordPlace {
    this.#seq++
    return {record, seq: this.#seq, problems: this.problems}
  }

  add({seq, record}: RecordPlace, {id, sku, name, enabled, maxPerOrder, prices, stock}: LineUpdate): void {
    const limit = maxPerOrder === null ? 0 : maxPerOrder
    this.#buffers.add('update_lines', [seq, record, id, sku, name, enabled, limit])
    for (const {currency, amount, effectiveFrom} of prices) {
      this.#buffers.add('update_prices', [seq, currency, amount, effectiveFrom])
    }
    for (const [pool, quantity] of stock) this.#buffers.add('update_levels', [seq, pool, quantity])
  }

  async drain(options: {all?: boolean} = {}): Promise<void> {
    await this.#buffers.drain(options)
  }

  async abandon(): Promise<void> {
    await this.#buffers.abandon()
  }
}
