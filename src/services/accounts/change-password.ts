import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import type {UserRow} from '../../db/tables.ts'
import {LoginFailedError, TokenEndedError, WrongPasswordError} from '../../errors.ts'
import {lockVerified} from './log-in.ts'
import {writeSuccess} from './login-tries.ts'
import {requireNewPassword} from './passwords.ts'
import {hashToken} from './tokens.ts'
import {isValidToken} from './user-changes.ts'
import {type Credentials, verifyPassword, type VerifyOptions} from './verify-password.ts'

/**
 * Sets the password of a user who knows the current one, and ends all tokens but the one that the user sent. A wrong
 * password counts as a failed login. Throws InvalidUserError, WrongPasswordError, TokenEndedError, or what `verifyPassword`
 * throws.
 */
export async function changePassword(
  db: Knex,
  {token, newPassword, ...credentials}: Credentials & {token: string; newPassword: string},
  options: VerifyOptions,
): Promise<void> {
  requireNewPassword(newPassword)
  for (;;) {
    const verified = await verifyPassword(db, {...credentials, newPassword}, options).catch((error: unknown) => {
      throw error instanceof LoginFailedError ? new WrongPasswordError() : error
    })
    const isChanged = await db.transaction(async (trx) => {
      if (!(await lockVerified(trx, verified))) return false
      const {userId, newHash} = verified
      if (newHash === undefined) throw new Error('The new password was not hashed.')
      await trx<UserRow>('users').where({id: userId}).update({password_hash: newHash})
      await keepOnly(trx, userId, token)
      await writeSuccess(trx, {...credentials, ...verified})
      return true
    })
    if (isChanged) return
    // The user was changed while the password was checked.
  }
}

/** Ends all other tokens of a user who is locked. Throws TokenEndedError if this one has ended meanwhile. */
async function keepOnly(trx: Knex.Transaction, userId: number, token: string): Promise<void> {
  const tokenHash = hashToken(token)
  const kept = await query(
    trx,
    `select from auth_tokens where token_hash = ? and user_id = ? and ${isValidToken} for update`,
    [tokenHash, userId],
  )
  if (kept.length === 0) throw new TokenEndedError()
  await query(trx, 'delete from auth_tokens where user_id = ? and token_hash <> ?', [userId, tokenHash])
}
