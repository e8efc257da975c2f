import type {Knex} from 'knex'

import {violates} from '../../db/errors.ts'
import type {UserRow} from '../../db/tables.ts'
import {InvalidUserError, UnknownUserError, UsernameTakenError} from '../../errors.ts'
import {type Bcrypt, hashPassword} from './passwords.ts'

export type User = {
  id: number
  username: string
}

/** The rule of Django's UnicodeUsernameValidator. */
const usernamePattern = /^[\p{L}\p{M}\p{N}_.@+-]{1,150}$/u

/** Throws InvalidUserError or UsernameTakenError. */
export async function createUser(
  db: Knex,
  bcrypt: Bcrypt,
  {username, password}: {username: string; password: string},
): Promise<User> {
  const name = username.normalize('NFKC')
  if (!usernamePattern.test(name)) {
    throw new InvalidUserError('A username has 1 to 150 characters: letters, digits and @ . + - _ only.')
  }
  const passwordHash = await hashPassword(bcrypt, password)

  try {
    const [user] = await db<UserRow>('users')
      .insert({username: name, password_hash: passwordHash})
      .returning(['id', 'username'])
    return user as User
  } catch (error) {
    if (violates(error, 'users_username_key')) throw new UsernameTakenError(name, {cause: error})
    throw error
  }
}

/** Throws UnknownUserError where there is none of that name, or it is inactive. */
export async function findUser(db: Knex, username: string): Promise<User> {
  const user = await db<UserRow>('users').where({username, is_active: true}).first('id', 'username')
  if (!user) throw new UnknownUserError(username)
  return user
}
