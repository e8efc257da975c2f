import type {Knex} from 'knex'

import type {UserRow} from '../../db/tables.ts'
import {writeSuccess} from './login-tries.ts'
import {issueToken, type Token} from './tokens.ts'
import {type Credentials, type Verified, verifyPassword, type VerifyOptions} from './verify-password.ts'

/**
 * Issues a token for a name and its password. Throws what `verifyPassword` throws. Replaces a Django hash with one of
 * bcrypt.
 */
export async function logIn(
  db: Knex,
  credentials: Credentials,
  {tokenDays, ...options}: VerifyOptions & {tokenDays: number},
): Promise<Token> {
  for (;;) {
    const verified = await verifyPassword(db, credentials, options)
    const token = await db.transaction(async (trx) => {
      if (!(await lockVerified(trx, verified))) return undefined
      const {userId, newHash} = verified
      if (newHash !== undefined) await trx<UserRow>('users').where({id: userId}).update({password_hash: newHash})
      await writeSuccess(trx, {...credentials, ...verified})
      return issueToken(trx, userId, {days: tokenDays})
    })
    if (token) return token
    // The user was changed while the password was checked.
  }
}

/**
 * Whether the user is still as when the password was checked. Whoever sets the password or deactivates the user waits, and
 * then ends the token that is issued here.
 */
export async function lockVerified(
  trx: Knex.Transaction,
  {userId, passwordHash}: Pick<Verified, 'passwordHash' | 'userId'>,
): Promise<boolean> {
  const user = await trx<UserRow>('users')
    .where({id: userId, password_hash: passwordHash, is_active: true})
    .forNoKeyUpdate()
    .first('id')
  return user !== undefined
}
