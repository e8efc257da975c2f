import type {Knex} from 'knex'

import {violates} from '../../db/errors.ts'
import {onlyRow} from '../../db/query.ts'
import type {UserRow} from '../../db/tables.ts'
import {DeactivatedUserError, InvalidUserError, UnknownUserError, UsernameTakenError} from '../../errors.ts'
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
  const name = parseUsername(username)
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

/** Throws InvalidUserError or UsernameTakenError if no user can be created with the name. */
export async function requireFreeUsername(db: Knex, username: string): Promise<void> {
  const name = parseUsername(username)
  const user = await db<UserRow>('users').where({username: name}).first('id')
  if (user) throw new UsernameTakenError(name)
}

/** Throws UnknownUserError, or DeactivatedUserError if the user may not order. */
export async function findUser(db: Knex, username: string): Promise<User> {
  const {isActive, ...user} = await findAnyUser(db, username)
  if (!isActive) throw new DeactivatedUserError(username)
  return user
}

/** Finds deactivated users as well. Throws UnknownUserError. */
export async function findAnyUser(db: Knex, username: string): Promise<User & {isActive: boolean}> {
  const user = await db<UserRow>('users').where({username}).first('id', 'username', 'is_active')
  if (!user) throw new UnknownUserError(username)
  return {id: user.id, username: user.username, isActive: user.is_active}
}

/** The name in the form in which it is stored. Throws InvalidUserError. */
function parseUsername(username: string): string {
  const name = username.normalize('NFKC')
  if (usernamePattern.test(name) && isAtMost(name, maxLength.username)) return name
  throw new InvalidUserError(
    `A username must have 1 to ${maxLength.username} characters: letters, digits and @ . + - _ only.`,
  )
}
