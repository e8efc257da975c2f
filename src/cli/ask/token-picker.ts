import type {Knex} from 'knex'

import {UnknownTokenError} from '../../errors.ts'
import {listTokens} from '../../services/accounts/user-tokens.ts'
import {findAnyUser} from '../../services/accounts/users.ts'
import {maxPageSize} from '../../services/page.ts'
import {formatTime} from '../show/format.ts'
import {askChoice} from './prompts.ts'

/** Asks for one of the user's latest tokens, and returns its fingerprint. Throws UnknownUserError or UnknownTokenError. */
export async function askToken(db: Knex, username: string): Promise<string> {
  const {id: userId} = await findAnyUser(db, username)
  const {results} = await listTokens(db, {userId, page: 1, pageSize: maxPageSize})
  if (results.length === 0) throw new UnknownTokenError(username)
  return askChoice(
    'Which token?',
    results.map(({fingerprint, createdAt}) => ({
      name: `${fingerprint}, created ${formatTime(createdAt)} UTC`,
      short: fingerprint,
      value: fingerprint,
    })),
  )
}
