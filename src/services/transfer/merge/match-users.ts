import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {findProblems} from '../stage/find-problems.ts'
import type {Problems} from '../fixture-problems.ts'

/** Finds the users that the shop has, by name. Whatever else changed about them since stays as it is. */
export async function matchUsers(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await query(
    trx,
    `insert into known_users (seq, id)
     select seq, users.id from staged_users join users on username = name`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('the shop has another user with id %s: "%s"', id, username) as reason
     from staged_users
     join users using (id)
     where username <> name`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, format('the shop has the user "%s" under another id: %s', name, known_users.id) as reason
     from staged_users
     join known_users using (seq)
     where staged_users.id <> known_users.id
       and not exists (select from users where users.id = staged_users.id)`,
  )
}

/** Finds the tokens that the shop has, by hash. A token cannot change its user. */
export async function matchTokens(trx: Knex.Transaction, problems: Problems): Promise<void> {
  await query(
    trx,
    `insert into known_tokens (seq, user_id, owner_id)
     select staged.seq, known.user_id, known_users.id
     from staged_tokens as staged
     join auth_tokens as known on known.token_hash = decode(staged.hash, 'hex')
     left join known_users on known_users.seq = staged.user_seq`,
  )
  await findProblems(
    trx,
    problems,
    `select seq, record, 'the shop has this token for a different user' as reason
     from staged_tokens
     join known_tokens using (seq)
     where known_tokens.user_id is distinct from owner_id`,
  )
}
