import type {Knex} from 'knex'

import {violates} from '../../db/errors.ts'
import {onlyRow} from '../../db/query.ts'
import type {UserRow} from '../../db/tables.ts'
import {InvalidUserError, UnknownUserError, UsernameTakenError} from '../../errors.ts'
import {isAtMost, maxLength} from '../../text.ts'
import {type Bcrypt, hashPassword} from './passwords.ts'

export type User = {
  id: number
  username: string
}

/** The rule of Django's UnicodeUsernameValidator. */
const usernamePattern = /^[\p{L}\p{M}\p{N}_.@+-]+$/u

/** Throws InvalidUserError or UsernameTakenError. */
export async function createUser(
  db: Knex,
  bcrypt: Bcrypt,
  {username, password}: {username: string; password: string},
): Promise<User> {
  const name = username.normalize('NFKC')
  if (!usernamePattern.test(name) || !isAtMost(name, maxLength.username)) {
    throw new InvalidUserError(
      `A username must have 1 to ${maxLength.username} characters: letters, digits and @ . + - _ only.`,
    )
  }
  const passwordHash = await hashPassword(bcrypt, password)

  try {
    const users = await db<UserRow>('users')
      .insert({username: name, password_hash: passwordHash})
      .returning(['id', 'username'])
    return onlyRow(users)
  } catch (error) {
    if (violates(error, 'users_username_key')) throw new UsernameTakenError(name, {cause: error})
    throw error
  }
}

/** Throws UnknownUserError if there is no such user, or the user is inactive. */
export async function findUser(db: Knex, username: string): Promise<User> {
  const user = await db<UserRow>('users').where({username, is_active: true}).first('id', 'username')
  if (!user) throw new UnknownUserError(username)
  return user
}
