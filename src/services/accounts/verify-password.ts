import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {LoginFailedError} from '../../errors.ts'
import type {TakeTurn} from './bcrypt-pool.ts'
import type {CountLogin} from './count-logins.ts'
import type {FindHashCosts} from './hash-costs.ts'

export type Credentials = {
  username: string
  password: string
  /** Where the request comes from, as `clientAddress` writes it. */
  address: string
}

export type VerifyOptions = {
  takeTurn: TakeTurn
  findHashCosts: FindHashCosts
  countLogin: CountLogin
  /** Aborts when nobody waits for the answer any more. */
  signal?: AbortSignal
}

export type Verified = {
  userId: number
  /** The hash that the password was compared with. */
  passwordHash: string
  /** A hash to store instead. */
  newHash: string | undefined
  /** When the try was counted, for `writeSuccess`. */
  countedAt: number
}

/**
 * Checks a password, and counts the try unless the limits refuse it. Throws LoginFailedError, LoginLimitedError,
 * LoginBusyError or LoginAbandonedError. A try that is not checked in the end is not counted.
 */
export async function verifyPassword(
  db: Knex,
  {username, password, address, newPassword}: Credentials & {newPassword?: string},
  {takeTurn, findHashCosts, countLogin, signal}: VerifyOptions,
): Promise<Verified> {
  return takeTurn(
    async (checkPassword) => {
      const highest = await findHashCosts()
      const user = await findForLogin(db, username, address)
      await countLogin({username, address, isKnown: user?.isKnown ?? false})
      // eslint-disable-next-line no-restricted-properties -- by which the counts end
      const countedAt = Date.now()
      const {isMatch, newHash} = await checkPassword({
        ...{password, hash: user?.passwordHash, isActive: user?.isActive ?? false, highest},
        ...(newPassword !== undefined && {newPassword}),
      })
      if (!user || !isMatch) throw new LoginFailedError()
      return {userId: user.id, passwordHash: user.passwordHash, newHash, countedAt}
    },
    {address, signal},
  )
}

type Found = {id: number; passwordHash: string; isActive: boolean; isKnown: boolean}

async function findForLogin(db: Knex, username: string, address: string): Promise<Found | undefined> {
  const [user] = await query<Found>(
    db,
    `select id, password_hash as "passwordHash", is_active as "isActive",
            exists (select from login_addresses where user_id = users.id and address = ?) as "isKnown"
     from users
     where username = ?`,
    [address, username],
  )
  return user
}
