import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import type {UserChangeRow, UserRow} from '../../db/tables.ts'
import {UnknownUserError} from '../../errors.ts'
import {type Operator, operatorColumns} from '../operator.ts'

/** Keeps what an operator did to a user. */
export async function recordChange(
  trx: Knex.Transaction,
  userId: number,
  change: UserChangeRow['change'],
  operator: Operator,
): Promise<void> {
  await trx('user_changes').insert({user_id: userId, change, ...operatorColumns(operator)})
}

/** A login with the former password either has its token by now, or waits and then fails. Throws UnknownUserError. */
export async function lockUser(trx: Knex.Transaction, username: string): Promise<Pick<UserRow, 'id' | 'is_active'>> {
  const user = await trx<UserRow>('users').where({username}).forNoKeyUpdate().first('id', 'is_active')
  if (!user) throw new UnknownUserError(username)
  return user
}

/** SQL for whether a token has not expired. */
export const isValidToken = '(expires_at is null or expires_at > statement_timestamp())'

/** Ends all tokens of a user who is locked. Returns how many of them had not expired. */
export async function revokeAllTokens(trx: Knex.Transaction, userId: number): Promise<number> {
  const revoked = await query<{isValid: boolean}>(
    trx,
    `delete from auth_tokens where user_id = ? returning ${isValidToken} as "isValid"`,
    [userId],
  )
  return revoked.filter(({isValid}) => isValid).length
}
