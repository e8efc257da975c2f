import type {Knex} from 'knex'

import {readRows} from '../../db/cursor.ts'
import type {UserRow} from '../../db/tables.ts'
import {RowGroups} from './group-rows.ts'
import type {NativeRecord} from './formats/native/write-native.ts'

type TokenRow = {userId: number; sha256: string; createdAt: string; expiresAt: string | null}

export async function* dumpUsers(trx: Knex.Transaction): AsyncGenerator<NativeRecord> {
  const users = readRows<UserRow>(
    trx,
    'users',
    'select id, username, password_hash, is_active, created_at from users order by id',
  )
  const tokens = new RowGroups(
    readRows<TokenRow>(
      trx,
      'tokens',
      `select user_id as "userId", encode(token_hash, 'hex') as sha256, created_at as "createdAt",
              expires_at as "expiresAt"
       from auth_tokens
       order by user_id, created_at, token_hash`,
    ),
    ({userId}) => userId,
  )
  for await (const rows of users) {
    for (const user of rows) {
      const ownTokens = (await tokens.take(user.id)).map(({sha256, createdAt, expiresAt}) => ({
        sha256,
        created_at: createdAt,
        ...(expiresAt !== null && {expires_at: expiresAt}),
      }))
      yield {kind: 'user', value: {...user, ...(ownTokens.length > 0 && {tokens: ownTokens})}}
    }
  }
}
