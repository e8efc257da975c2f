import {formatAmount} from '../money.ts'
import type {UserRecord, UserSummary} from '../services/accounts/user-record.ts'
import type {TokenSummary} from '../services/accounts/user-tokens.ts'

/** A user in the list that operators see. */
export type UserSummaryJson = {
  id: number
  username: string
  is_active: boolean
  created_at: string
  last_order_at: string | null
}

export function userSummaryJson({id, username, isActive, createdAt, lastOrderAt}: UserSummary): UserSummaryJson {
  return {id, username, is_active: isActive, created_at: createdAt, last_order_at: lastOrderAt}
}

/** A user as operators see it. */
export type UserRecordJson = UserSummaryJson & {
  state_since: string | null
  orders: {count: number; cancelled: number; totals: {total_price: string; currency: string}[]}
  tokens: {count: number; next_expiry: string | null}
  failed_logins: {address: string | null; count: number; until: string}[]
  changes: {created_at: string; change: string; operator: string; note: string | null}[]
}

export function userRecordJson(user: UserRecord): UserRecordJson {
  const {stateSince, orders, tokens, failedLogins, changes} = user
  return {
    ...userSummaryJson(user),
    state_since: stateSince,
    orders: {
      ...orders,
      totals: orders.totals.map(({currency, total}) => ({total_price: formatAmount(total, currency), currency})),
    },
    tokens: {count: tokens.count, next_expiry: tokens.nextExpiry},
    failed_logins: failedLogins,
    changes: changes.map(({createdAt, change, operator, note}) => ({created_at: createdAt, change, operator, note})),
  }
}

/** A user whose password was set. It is printed only if the shop made it up. */
export type UserWithPasswordJson = UserRecordJson & {password: string | null}

export type TokenSummaryJson = {fingerprint: string; created_at: string; expires_at: string | null}

export function tokenSummaryJson({fingerprint, createdAt, expiresAt}: TokenSummary): TokenSummaryJson {
  return {fingerprint, created_at: createdAt, expires_at: expiresAt}
}
