import type {Currency} from '../../../money.ts'
import type {RecordPlace} from '../formats/parse-record.ts'
import {RecordStage} from '../stage/record-stage.ts'
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

/** The stage of an update, with the tables of update-tables.ts. */
export class UpdateStage extends RecordStage<UpdateTable> {
  /** The stock pools that the header names. */
  pools: string[] = []

  add({seq, record}: RecordPlace, {id, sku, name, enabled, maxPerOrder, prices, stock}: LineUpdate): void {
    const limit = maxPerOrder === null ? 0 : maxPerOrder
    this.addRow('update_lines', [seq, record, id, sku, name, enabled, limit])
    for (const {currency, amount, effectiveFrom} of prices) {
      this.addRow('update_prices', [seq, currency, amount, effectiveFrom])
    }
    for (const [pool, quantity] of stock) this.addRow('update_levels', [seq, pool, quantity])
  }
}
