import type {Knex} from 'knex'

import type {AuthTokenRow} from '../../db/tables.ts'
import {TokenEndedError} from '../../errors.ts'
import {hashToken} from './tokens.ts'

/** Ends a token. Throws TokenEndedError if it has ended already. */
export async function logOut(db: Knex, token: string): Promise<void> {
  const ended = await db<AuthTokenRow>('auth_tokens')
    .where({token_hash: hashToken(token)})
    .delete()
  if (ended === 0) throw new TokenEndedError()
}
