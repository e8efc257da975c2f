/**
 * Temporary tables beside the staged ones (stage/staged-tables.ts), through which the steps of a merge hand on what they
 * found. `seq` is that of the staged record. countRecords counts the rows of all `known_*` tables.
 */
export const mergeTables = {
  /** The users of the file that the shop has. matchUsers fills it; the other match-*.ts and writeUsers read it. */
  known_users: {seq: 'integer', id: 'bigint'},
  /** The tokens that the shop has: their user there, and the one the file gives them. From matchTokens, for writeUsers. */
  known_tokens: {seq: 'integer', user_id: 'bigint', owner_id: 'bigint'},
  /** The products that the shop has, with their names there. From matchProducts, for matchPrices and writeProducts. */
  known_products: {seq: 'integer', id: 'bigint', name: 'text'},
  /** The prices that the shop has. From matchPrices, for writePrices and repricedProducts. */
  known_prices: {seq: 'integer'},
  /** The orders that the shop has. From matchOrders, for writeImportedOrders. */
  known_orders: {seq: 'integer', id: 'bigint'},
  /** All users of the file, with their ids in the shop. From writeUsers, for writeImportedOrders. */
  user_ids: {seq: 'integer', id: 'bigint', is_new: 'boolean'},
  /** All products of the file, with their ids in the shop. From writeProducts, for all the writers after it. */
  loaded_products: {
    seq: 'integer',
    id: 'bigint',
    name: 'text',
    sku: 'text collate "C"',
    enabled: 'boolean',
    created_at: 'timestamptz',
    max_per_order: 'bigint',
    is_new: 'boolean',
  },
} as const
