import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import type {UserChangeRow} from '../../db/tables.ts'
import {UnknownUserError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'
import {type FailedLogins, readFailedLogins} from './login-tries.ts'
import {isValidToken} from './user-changes.ts'

/** A user in the list that operators see. */
export type UserSummary = {
  id: number
  username: string
  isActive: boolean
  createdAt: string
  /** Null for a user without orders. */
  lastOrderAt: string | null
}

/** A user as operators see it. */
export type UserRecord = UserSummary & {
  /** Since when the user is active or deactivated; null if the shop was not told, as by a fixture. */
  stateSince: string | null
  /** Without those that were cancelled. */
  orders: {count: number; cancelled: number; totals: {currency: Currency; total: bigint}[]}
  /** Those that have not expired. */
  tokens: {count: number; nextExpiry: string | null}
  /** Those that still count against the limits of logins. */
  failedLogins: FailedLogins[]
  /** The latest, newest first. */
  changes: UserChange[]
}

export type UserChange = {createdAt: string; change: UserChangeRow['change']; operator: string; note: string | null}

const summaryColumns = `
  id, username, is_active as "isActive", created_at as "createdAt",
  (
    select created_at from orders where user_id = users.id order by created_at desc, orders.id desc limit 1
  ) as "lastOrderAt"`

/** Users by name. `search` is a part of the name, in any case. */
export async function listUsers(
  db: Knex,
  {search = '', isActive, ...request}: PageRequest & {search?: string | undefined; isActive?: boolean | undefined},
): Promise<Page<UserSummary>> {
  const where = 'strpos(lower(username), lower(?)) > 0 and is_active = coalesce(?, is_active)'
  const filter = [search.normalize('NFKC'), isActive ?? null]
  const {count} = onlyRow(
    await query<{count: number}>(db, `select count(*) as count from users where ${where}`, filter),
  )
  const {page, pageCount} = locatePage(request, count)
  const {pageSize} = request
  const results = await query<UserSummary>(
    db,
    `select ${summaryColumns} from users where ${where} order by username limit ? offset ?`,
    [...filter, pageSize, (page - 1) * pageSize],
  )
  return {count, page, pageCount, results}
}

const shownChanges = 10

/** Reads everything from one snapshot. Throws UnknownUserError. */
export async function findUserRecord(db: Knex, username: string): Promise<UserRecord> {
  return db.transaction(async (trx) => readRecord(trx, username), {isolationLevel: 'repeatable read', readOnly: true})
}

async function readRecord(trx: Knex.Transaction, username: string): Promise<UserRecord> {
  const [user] = await query<Pick<UserRecord, keyof UserSummary | 'stateSince'>>(
    trx,
    `select ${summaryColumns},
            coalesce(
              (
                select created_at
                from user_changes
                where user_id = users.id and change = case when is_active then 'activated' else 'deactivated' end
                order by user_changes.id desc
                limit 1
              ),
              case when is_active then created_at end
            ) as "stateSince"
     from users
     where username = ?`,
    [username],
  )
  if (!user) throw new UnknownUserError(username)
  return {
    ...user,
    orders: await readOrders(trx, user.id),
    tokens: await readTokens(trx, user.id),
    failedLogins: await readFailedLogins(trx, {userId: user.id, username}),
    changes: await readChanges(trx, user.id),
  }
}

async function readOrders(trx: Knex.Transaction, userId: number): Promise<UserRecord['orders']> {
  const rows = await query<{currency: Currency; placed: number; cancelled: number; total: string}>(
    trx,
    `select currency,
            count(*) filter (where status = 'placed') as placed,
            count(*) filter (where status = 'cancelled') as cancelled,
            coalesce(sum(total) filter (where status = 'placed'), 0)::text as total
     from orders
     where user_id = ?
     group by currency
     order by currency`,
    [userId],
  )
  return {
    count: rows.reduce((sum, {placed}) => sum + placed, 0),
    cancelled: rows.reduce((sum, {cancelled}) => sum + cancelled, 0),
    totals: rows.filter(({placed}) => placed > 0).map(({currency, total}) => ({currency, total: BigInt(total)})),
  }
}

async function readTokens(trx: Knex.Transaction, userId: number): Promise<UserRecord['tokens']> {
  return onlyRow(
    await query<UserRecord['tokens']>(
      trx,
      `select count(*) as count, min(expires_at) as "nextExpiry"
       from auth_tokens
       where user_id = ? and ${isValidToken}`,
      [userId],
    ),
  )
}

async function readChanges(trx: Knex.Transaction, userId: number): Promise<UserChange[]> {
  return query<UserChange>(
    trx,
    `select created_at as "createdAt", change, operator, note
     from user_changes
     where user_id = ?
     order by id desc
     limit ?`,
    [userId, shownChanges],
  )
}
