import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {DeactivatedUserError, UnknownTokenError} from '../../errors.ts'
import type {Operator} from '../operator.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'
import {hashToken, issueToken, type Token} from './tokens.ts'
import {isValidToken, lockUser, recordChange, revokeAllTokens} from './user-changes.ts'

/** A token as operators see it: the token itself is known to nobody but its user. */
export type TokenSummary = {
  /** The beginning of its hash, which names it among the user's tokens. */
  fingerprint: string
  createdAt: string
  /** Null for a token that does not end. */
  expiresAt: string | null
}

const fingerprintDigits = 12

const fingerprint = `left(encode(token_hash, 'hex'), ${fingerprintDigits})`

const columns = `${fingerprint} as fingerprint, created_at as "createdAt", expires_at as "expiresAt"`

/** The tokens of a user that have not expired, newest first. */
export async function listTokens(
  db: Knex,
  {userId, ...request}: PageRequest & {userId: number},
): Promise<Page<TokenSummary>> {
  const {count} = onlyRow(
    await query<{count: number}>(
      db,
      `select count(*) as count from auth_tokens where user_id = ? and ${isValidToken}`,
      [userId],
    ),
  )
  const {page, pageCount} = locatePage(request, count)
  const {pageSize} = request
  const results = await query<TokenSummary>(
    db,
    `select ${columns} from auth_tokens where user_id = ? and ${isValidToken}
     order by created_at desc, token_hash limit ? offset ?`,
    [userId, pageSize, (page - 1) * pageSize],
  )
  return {count, page, pageCount, results}
}

/** Issues a token as a login does. Throws UnknownUserError or DeactivatedUserError. */
export async function createToken(
  db: Knex,
  {username, days}: {username: string; days: number},
  operator: Operator,
): Promise<Token & {fingerprint: string}> {
  return db.transaction(async (trx) => {
    const user = await lockUser(trx, username)
    if (!user.is_active) throw new DeactivatedUserError(username)
    const token = await issueToken(trx, user.id, {days})
    await recordChange(trx, user.id, 'token created', operator)
    return {...token, fingerprint: hashToken(token.token).toString('hex').slice(0, fingerprintDigits)}
  })
}

/**
 * Revokes the tokens with these fingerprints, or all of the user's. They end at once, also on servers that are running.
 * Returns how many that were. Throws UnknownUserError, or UnknownTokenError if the user lacks one of them.
 */
export async function revokeTokens(
  db: Knex,
  {username, fingerprints}: {username: string; fingerprints: string[] | 'all'},
  operator: Operator,
): Promise<number> {
  return db.transaction(async (trx) => {
    const {id} = await lockUser(trx, username)
    const count =
      fingerprints === 'all' ? await revokeAllTokens(trx, id) : await revoke(trx, id, {username, fingerprints})
    if (count > 0) await recordChange(trx, id, 'tokens revoked', operator)
    return count
  })
}

async function revoke(
  trx: Knex.Transaction,
  userId: number,
  {username, fingerprints}: {username: string; fingerprints: string[]},
): Promise<number> {
  const revoked = await query<{fingerprint: string}>(
    trx,
    `delete from auth_tokens where user_id = ? and ${isValidToken} and ${fingerprint} = any (?::text[])
     returning ${fingerprint} as fingerprint`,
    [userId, fingerprints],
  )
  const unknown = fingerprints.filter((wanted) => !revoked.some((token) => token.fingerprint === wanted))
  if (unknown.length > 0) throw new UnknownTokenError(username, unknown)
  return revoked.length
}
