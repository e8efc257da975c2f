import type {Knex} from 'knex'

import {violates} from '../../db/errors.ts'
import {onlyRow} from '../../db/query.ts'
import type {UserRow} from '../../db/tables.ts'
import {
  DeactivatedUserError,
  InvalidUserError,
  UnknownUserError,
  UsernameTakenError,
  UserStateError,
} from '../../errors.ts'
import {isAtMost, maxLength} from '../../text.ts'
import type {Operator} from '../operator.ts'
import {type Bcrypt, hashPassword, requireNewPassword} from './passwords.ts'
import {forgetFailedLogins} from './login-tries.ts'
import {lockUser, recordChange, revokeAllTokens} from './user-changes.ts'

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
  operator?: Operator,
): Promise<User> {
  const name = parseUsername(username)
  requireNewPassword(password)
  const passwordHash = await hashPassword(bcrypt, password)

  try {
    return await db.transaction(async (trx) => {
      const users = await trx<UserRow>('users')
        .insert({username: name, password_hash: passwordHash})
        .returning(['id', 'username'])
      const user = onlyRow(users)
      if (operator) await recordChange(trx, user.id, 'created', operator)
      return user
    })
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

/**
 * Sets the password and, unless told otherwise, revokes the tokens that were issued for the former one. Returns how many
 * that were. Throws InvalidUserError or UnknownUserError.
 */
export async function setPassword(
  db: Knex,
  bcrypt: Bcrypt,
  {username, password, keepsTokens = false}: {username: string; password: string; keepsTokens?: boolean},
  operator: Operator,
): Promise<number> {
  requireNewPassword(password)
  const passwordHash = await hashPassword(bcrypt, password)
  return db.transaction(async (trx) => {
    const {id} = await lockUser(trx, username)
    await trx<UserRow>('users').where({id}).update({password_hash: passwordHash})
    await recordChange(trx, id, 'password set', operator)
    await forgetFailedLogins(trx, {userId: id, username})
    return keepsTokens ? 0 : revokeAllTokens(trx, id)
  })
}

/** A user who is deactivated can neither log in nor order, and their tokens do not work. Throws UnknownUserError or UserStateError. */
export async function setActive(db: Knex, username: string, isActive: boolean, operator: Operator): Promise<void> {
  await db.transaction(async (trx) => {
    const user = await lockUser(trx, username)
    if (user.is_active === isActive) throw new UserStateError(username, isActive ? 'active' : 'deactivated')
    await trx<UserRow>('users').where({id: user.id}).update({is_active: isActive})
    await recordChange(trx, user.id, isActive ? 'activated' : 'deactivated', operator)
    if (isActive) await forgetFailedLogins(trx, {userId: user.id, username})
  })
}

/** Lets a user log in again whose logins failed too often. Returns how many failed logins that were. Throws UnknownUserError. */
export async function unlockLogins(db: Knex, username: string, operator: Operator): Promise<number> {
  return db.transaction(async (trx) => {
    const {id} = await lockUser(trx, username)
    const forgotten = await forgetFailedLogins(trx, {userId: id, username})
    if (forgotten > 0) await recordChange(trx, id, 'logins unlocked', operator)
    return forgotten
  })
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
