/** Temporary tables for the lines of a file of updates, and for what they change. `seq` numbers the lines. */
export const updateTables = {
  /** What each line says, as it is read. A limit of 0 is none. */
  update_lines: {
    seq: 'integer',
    record: 'text',
    id: 'bigint',
    sku: 'text collate "C"',
    name: 'text',
    enabled: 'boolean',
    max_per_order: 'bigint',
  },
  update_prices: {seq: 'integer', currency: 'text', amount: 'bigint', effective_from: 'timestamptz'},
  update_levels: {seq: 'integer', pool: 'text', quantity: 'bigint'},

  /** The product of each line. From matchLines. */
  matched_lines: {seq: 'integer', product_id: 'bigint'},

  /** What findChanges found. Columns of a product that do not change have the same values twice. */
  product_changes: {
    seq: 'integer',
    product_id: 'bigint',
    old_name: 'text',
    name: 'text',
    old_sku: 'text collate "C"',
    sku: 'text collate "C"',
    old_enabled: 'boolean',
    enabled: 'boolean',
    old_limit: 'bigint',
    max_per_order: 'bigint',
  },
  /** Null is without a price before, or from now on. */
  price_changes: {
    seq: 'integer',
    product_id: 'bigint',
    currency: 'text',
    old_amount: 'bigint',
    amount: 'bigint',
    effective_from: 'timestamptz',
  },
  /** Null is without a stock level before. */
  level_changes: {
    seq: 'integer',
    product_id: 'bigint',
    pool_id: 'bigint',
    old_quantity: 'bigint',
    quantity: 'bigint',
  },
} as const

export type UpdateTable = keyof typeof updateTables
