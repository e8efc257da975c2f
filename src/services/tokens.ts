import {createHash, randomBytes} from 'node:crypto'

import type {Knex} from 'knex'

import {query} from '../db/query.ts'
import type {AuthTokenRow, UserRow} from '../db/tables.ts'
import {LoginFailedError} from '../errors.ts'
import {type Bcrypt, comparePasswordInVain, fitsBcrypt, hashPassword, isDjangoHash, isPassword} from './passwords.ts'
import type {User} from './users.ts'

export type Token = {
  /** 40 hexadecimal digits, as in Django REST Framework. The database has only its hash. */
  token: string
  expiresAt: string
}

/** The one form in which the database knows a token. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
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
  const [inserted] = await query<{expiresAt: string}>(
    db,
    `insert into auth_tokens (token_hash, user_id, expires_at)
     values (?, ?, now() + ? * interval '1 day')
     returning expires_at as "expiresAt"`,
    [hashToken(token), userId, days],
  )
  if (!inserted) throw new Error('An insert returned no row.')
  return {token, expiresAt: inserted.expiresAt}
}

/** Whose token it is: undefined for an unknown or ended one, and whether the user is active. */
export async function findTokenUser(db: Knex, token: string): Promise<(User & {isActive: boolean}) | undefined> {
  return db('auth_tokens')
    .join('users', 'users.id', 'auth_tokens.user_id')
    .where('token_hash', hashToken(token))
    .whereRaw('(expires_at is null or expires_at > now())')
    .first<User & {isActive: boolean}>({id: 'users.id', username: 'username', isActive: 'is_active'})
}
