import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {advanceSequence} from './sequences.ts'

/** Adds the users and tokens that the shop does not have, and fills `user_ids`. */
export async function writeUsers(trx: Knex.Transaction): Promise<void> {
  await advanceSequence(trx, 'users')
  await query(
    trx,
    `insert into user_ids (seq, id, is_new)
     select seq, id, false
     from known_users
     union all
     select seq, coalesce(id, nextval('users_id_seq')), true
     from (
       select seq, id
       from staged_users
       where not exists (select from known_users where known_users.seq = staged_users.seq)
       order by seq
     ) as added`,
  )
  await query(
    trx,
    `insert into users (id, username, password_hash, is_active, created_at)
     select user_ids.id, name, password_hash, is_active, coalesce(created_at, now())
     from staged_users
     join user_ids using (seq)
     where is_new
     order by user_ids.id`,
  )
  await query(
    trx,
    `insert into auth_tokens (token_hash, user_id, created_at, expires_at)
     select decode(hash, 'hex'), user_ids.id, coalesce(created_at, now()), expires_at
     from staged_tokens as staged
     join user_ids on user_ids.seq = staged.user_seq
     where not exists (select from known_tokens where known_tokens.seq = staged.seq)`,
  )
}
