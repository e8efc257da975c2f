// Rows as src/db/types.ts parses them: int8 is a number, timestamptz an RFC 3339 string in UTC with microseconds. The
// migrations describe the columns. A query that selects only some columns has its own type.

export type UserRow = {
  id: number
  username: string
  password_hash: string
  is_active: boolean
  created_at: string
}

/** What an operator did to a user. */
export type UserChangeRow = {
  id: number
  user_id: number
  change:
    'activated' | 'created' | 'deactivated' | 'logins unlocked' | 'password set' | 'token created' | 'tokens revoked'
  operator: string
  note: string | null
  created_at: string
}

export type AuthTokenRow = {
  token_hash: Buffer
  user_id: number
  created_at: string
  expires_at: string | null
}

export type StockLevelRow = {
  product_id: number
  pool_id: number
  on_hand: number
  reserved: number
}

export type StockLevelKey = Pick<StockLevelRow, 'pool_id' | 'product_id'>

export type StockPoolRow = {
  id: number
  name: string
}

export type StockMovementRow = {
  id: number
  product_id: number
  pool_id: number
  delta: number
  reason: 'adjust' | 'cancel' | 'load' | 'move' | 'order'
  order_id: number | null
  created_at: string
  /** Of the command that moved it. */
  operator: string | null
  note: string | null
}

export type OrderRow = {
  id: number
  request_id: string
  user_id: number
  currency: string
  total: number
  status: 'cancelled' | 'placed'
  is_imported: boolean
  created_at: string
}
