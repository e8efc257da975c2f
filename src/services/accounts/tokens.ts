import {hash, randomBytes} from 'node:crypto'

import DataLoader from 'dataloader'
import type {Knex} from 'knex'

import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {onlyRow, query} from '../../db/query.ts'
import type {AuthTokenRow, UserRow} from '../../db/tables.ts'
import {LoginFailedError} from '../../errors.ts'
import {type Bcrypt, comparePasswordInVain, fitsBcrypt, hashPassword, isDjangoHash, isPassword} from './passwords.ts'
import type {User} from './users.ts'

export type Token = {
  /** 40 hexadecimal digits, as in Django REST Framework. The database has only its hash. */
  token: string
  expiresAt: string
}

/** The one form in which the database knows a token. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** Throws LoginFailedError. A password that still has Django's hash gets one of bcrypt. */
export async function logIn(
  db: Knex,
  bcrypt: Bcrypt,
  {username, password, tokenDays}: {username: string; password: string; tokenDays: number},
): Promise<Token> {
  const user = await db<UserRow>('users').where({username}).first()
  if (!user) {
    await comparePasswordInVain(bcrypt, password)
    throw new LoginFailedError()
  }
  if (!(await isPassword(bcrypt, password, user.password_hash)) || !user.is_active) throw new LoginFailedError()

  if (isDjangoHash(user.password_hash) && fitsBcrypt(password)) {
    const passwordHash = await hashPassword(bcrypt, password)
    // Not if it was changed meanwhile.
    await db<UserRow>('users')
      .where({id: user.id, password_hash: user.password_hash})
      .update({password_hash: passwordHash})
  }
  return issueToken(db, user.id, {days: tokenDays})
}

/** A new token; the user's others stay as they are, but for those that have ended. */
export async function issueToken(db: Knex, userId: number, {days}: {days: number}): Promise<Token> {
  const token = randomBytes(20).toString('hex')
  await db<AuthTokenRow>('auth_tokens').where({user_id: userId}).where('expires_at', '<=', db.fn.now()).delete()
  const inserted = await query<{expiresAt: string}>(
    db,
    `insert into auth_tokens (token_hash, user_id, expires_at)
     values (?, ?, now() + ? * interval '1 day')
     returning expires_at as "expiresAt"`,
    [hashToken(token), userId, days],
  )
  return {token, expiresAt: onlyRow(inserted).expiresAt}
}

export type TokenUser = User & {isActive: boolean}

const tokenUser = `
  select token_hash as "tokenHash", users.id, username, is_active as "isActive"
  from auth_tokens
  join users on users.id = auth_tokens.user_id
  where (expires_at is null or expires_at > now())`

// For one by its hash the server keeps its plan; for a list it makes a new one each time, which takes as long as the look.
const findOne = prepare('find_token_user', `${tokenUser} and token_hash = ?`)
const findSeveral = prepare('find_token_users', `${tokenUser} and token_hash = any (?::bytea[])`)

/** Whose tokens they are, in their order: undefined for an unknown or ended one. */
async function findTokenUsers(db: Knex, tokens: readonly string[]): Promise<(TokenUser | undefined)[]> {
  const hashes = tokens.map(hashToken)
  const rows =
    hashes.length === 1
      ? await queryPrepared<FoundUser>(db, findOne, hashes)
      : await queryPrepared<FoundUser>(db, findSeveral, [hashes])
  const users = new Map(rows.map(({tokenHash, ...user}) => [tokenHash.toString('latin1'), user]))
  return hashes.map((tokenHash) => users.get(tokenHash.toString('latin1')))
}

type FoundUser = TokenUser & {tokenHash: Buffer}

/** Tokens that hold, of active users. */
export const holdingTokens = `${tokenUser} and is_active`

const findHolding = prepare('find_holding_tokens', `${holdingTokens} and token_hash = any (?::bytea[])`)

/** Which of the tokens hold, and are of active users: a key for each, as `holdingKey` makes them. */
export async function sendTokenCheck(trx: PipelinedTransaction, hashes: Buffer[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set()
  const rows = await trx.send<FoundUser>(findHolding, [hashes])
  return new Set(rows.map(({id, tokenHash}) => holdingKey(id, tokenHash)))
}

export function holdingKey(userId: number, tokenHash: Buffer): string {
  return `${userId} ${tokenHash.toString('latin1')}`
}

export type FindTokenUser = (token: string) => Promise<TokenUser | undefined>

/**
 * Looks tokens up together: those that arrive while a look is under way share the next one. Nothing is kept: each look
 * begins after its tokens arrived, so that a revoked one ends at once.
 */
export function createTokenLookup(db: Knex): FindTokenUser {
  let underWay: Promise<unknown> = Promise.resolve()
  const loader = new DataLoader<string, TokenUser | undefined>(
    async (tokens) => {
      const users = findTokenUsers(db, tokens)
      underWay = users.catch(() => undefined)
      return users
    },
    {
      cache: false,
      maxBatchSize: 500,
      batchScheduleFn(dispatch) {
        void underWay.then(dispatch)
      },
    },
  )
  return async (token) => loader.load(token)
}
