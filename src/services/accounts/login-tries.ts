import {hash} from 'node:crypto'

import type {Knex} from 'knex'

import {query} from '../../db/query.ts'

/** For how long a failed login counts. */
export const countedSeconds = 3600

/** How many addresses of a user are remembered. */
const mostAddresses = 20

/** How many rows are deleted at a time. */
const mostPruned = 1000

export function addressKey(address: string): string {
  return `address:${address}`
}

/** Of the name as it was typed. `address` is one that the account has used; without it, the key is that of all others. */
export function accountKey(username: string, address?: string): string {
  const key = `account:${hash('sha256', username)}`
  return address === undefined ? key : `${key}@${address}`
}

/** Failed logins of a user which still count. */
export type FailedLogins = {
  /** One that the user has logged in from; null for all others together. */
  address: string | null
  count: number
  /** When they stop counting. */
  until: string
}

export async function readFailedLogins(
  db: Knex,
  {userId, username}: {userId: number; username: string},
): Promise<FailedLogins[]> {
  return query<FailedLogins>(
    db,
    `select address, points as count, to_timestamp(expire / 1000.0) as until
     from (${keysOfAccount}) as keys
     join login_tries using (key)
     where points > 0 and to_timestamp(expire / 1000.0) > statement_timestamp()
     order by address nulls first`,
    [accountKey(username), userId],
  )
}

/** The keys of an account, each with its address. The bindings are the key without an address, and the user. */
const keysOfAccount = `
  select account.key || coalesce('@' || address, '') as key, address
  from (select ?::text as key) as account
  cross join (
    select null as address union all select address from login_addresses where user_id = ?
  ) as addresses`

/** Ends the limits of an account, whose user is locked. Returns how many failed logins are forgotten. */
export async function forgetFailedLogins(
  trx: Knex.Transaction,
  {userId, username}: {userId: number; username: string},
): Promise<number> {
  const deleted = await query<{points: number}>(
    trx,
    `delete from login_tries where key in (select key from (${keysOfAccount}) as keys) returning points`,
    [accountKey(username), userId],
  )
  return deleted.reduce((sum, {points}) => sum + points, 0)
}

/**
 * Writes that a user, who is locked, has proved to know the password: the account's failures are forgotten, the try no
 * longer counts for its address, and the account has used the address. `countedAt` is when the try was counted, in the
 * time of `Date.now()`.
 */
export async function writeSuccess(
  trx: Knex.Transaction,
  {userId, username, address, countedAt}: {userId: number; username: string; address: string; countedAt: number},
): Promise<void> {
  await forgetFailedLogins(trx, {userId, username})
  await query(
    trx,
    `insert into login_addresses (user_id, address, last_login_at) values (?, ?, statement_timestamp())
     on conflict (user_id, address) do update set last_login_at = excluded.last_login_at`,
    [userId, address],
  )
  await query(
    trx,
    `delete from login_addresses
     where user_id = ?
       and address in (
         select address from login_addresses where user_id = ? order by last_login_at desc, address offset ?
       )`,
    [userId, userId, mostAddresses],
  )
  // A count that began later does not include this try.
  await query(trx, 'update login_tries set points = points - 1 where key = ? and points > 0 and expire <= ?', [
    addressKey(address),
    countedAt + countedSeconds * 1000,
  ])
}

/** Deletes counts that ended. Any number of processes do so at once. */
export async function pruneLoginTries(db: Knex): Promise<void> {
  await query(
    db,
    `delete from login_tries
     where key in (
       select key
       from login_tries
       where expire < (extract(epoch from statement_timestamp()) * 1000)::bigint - ${countedSeconds * 1000}
       order by expire
       limit ${mostPruned}
       for update skip locked
     )`,
  )
}
