import {hash, randomBytes} from 'node:crypto'

import DataLoader from 'dataloader'
import type {Knex} from 'knex'

import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {onlyRow, query} from '../../db/query.ts'
import {readAgain} from '../../db/read-again.ts'
import type {AuthTokenRow} from '../../db/tables.ts'
import {recentWritesOf} from '../../db/replicas/recent-writes.ts'
import type {User} from './users.ts'

export type Token = {
  /** 40 hexadecimal digits, as in Django REST Framework. The database has only its hash. */
  token: string
  expiresAt: string
}

/** The only form in which the database stores a token. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** Issues a new token. The user's other tokens stay valid; expired ones are deleted. */
export async function issueToken(db: Knex, userId: number, {days}: {days: number}): Promise<Token> {
  const token = randomBytes(20).toString('hex')
  await db<AuthTokenRow>('auth_tokens').where({user_id: userId}).where('expires_at', '<=', db.fn.now()).delete()
  const inserted = await query<{expiresAt: string}>(
    db,
    `insert into auth_tokens (token_hash, user_id, created_at, expires_at)
     values (?, ?, statement_timestamp(), statement_timestamp() + ? * interval '1 day')
     returning expires_at as "expiresAt"`,
    [hashToken(token), userId, days],
  )
  return {token, expiresAt: onlyRow(inserted).expiresAt}
}

export type TokenUser = User & {
  isActive: boolean
  /** The ids of the user's recent writes, if they were asked for: see recent-writes.ts. */
  recentWrites?: string[]
}

const columns = 'token_hash as "tokenHash", users.id, username, is_active as "isActive"'
const found = `
  from auth_tokens
  join users on users.id = auth_tokens.user_id
  where (expires_at is null or expires_at > now())`
const tokenUser = `select ${columns} ${found}`
const writer = `select ${columns}, ${recentWritesOf('users.id')} as "recentWrites" ${found}`

// The server keeps the plan for a single hash. For a list of hashes it makes a new plan each time, which takes as long as the look-up.
const statements = {
  users: {
    one: prepare('find_token_user', `${tokenUser} and token_hash = ?`),
    several: prepare('find_token_users', `${tokenUser} and token_hash = any (?::bytea[])`),
  },
  writers: {
    one: prepare('find_token_writer', `${writer} and token_hash = ?`),
    several: prepare('find_token_writers', `${writer} and token_hash = any (?::bytea[])`),
  },
}

/** Whether users are found with their recent writes. */
type LookupOptions = {withWrites?: boolean}

/** The users of the tokens, in the same order: undefined for an unknown or expired token. */
async function findTokenUsers(
  db: Knex,
  tokens: readonly string[],
  {withWrites = false}: LookupOptions,
): Promise<(TokenUser | undefined)[]> {
  const {one, several} = withWrites ? statements.writers : statements.users
  const hashes = tokens.map(hashToken)
  const rows =
    hashes.length === 1
      ? await queryPrepared<FoundUser>(db, one, hashes)
      : await queryPrepared<FoundUser>(db, several, [hashes])
  const users = new Map(rows.map(({tokenHash, ...user}) => [tokenHash.toString('latin1'), user]))
  return hashes.map((tokenHash) => users.get(tokenHash.toString('latin1')))
}

type FoundUser = TokenUser & {tokenHash: Buffer}

/** Tokens that have not expired, of active users. */
export const validTokens = `${tokenUser} and is_active`

const findValid = prepare('find_valid_tokens', `${validTokens} and token_hash = any (?::bytea[])`)

/** Which of the tokens are valid: the `tokenKey` of each. */
export async function checkTokens(trx: PipelinedTransaction, hashes: Buffer[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set()
  const rows = await trx.send<FoundUser>(findValid, [hashes])
  return new Set(rows.map(({id, tokenHash}) => tokenKey(id, tokenHash)))
}

export function tokenKey(userId: number, tokenHash: Buffer): string {
  return `${userId} ${tokenHash.toString('latin1')}`
}

export type FindTokenUser = (token: string) => Promise<TokenUser | undefined>

/**
 * Looks tokens up in batches: tokens that arrive during a look-up share the next one. Nothing is cached, and a look-up
 * begins after its tokens arrived, so that revoking a token takes effect at once.
 */
export function createTokenLookup(db: Knex, options: LookupOptions = {}): FindTokenUser {
  let current: Promise<unknown> = Promise.resolve()
  const loader = new DataLoader<string, TokenUser | undefined>(
    async (tokens) => {
      const users = readAgain(async () => findTokenUsers(db, tokens, options))
      current = users.catch(() => undefined)
      return users
    },
    {
      cache: false,
      maxBatchSize: 500,
      batchScheduleFn(dispatch) {
        void current.then(dispatch)
      },
    },
  )
  return async (token) => loader.load(token)
}
