import type {Knex} from 'knex'

import {checkPassword} from '../../src/services/accounts/check-password.ts'
import {readHashCosts} from '../../src/services/accounts/hash-costs.ts'
import type {TakeTurn} from '../../src/services/accounts/bcrypt-pool.ts'
import {logIn as logInWith} from '../../src/services/accounts/log-in.ts'
import type {Token} from '../../src/services/accounts/tokens.ts'
import type {Credentials} from '../../src/services/accounts/verify-password.ts'

/** Checks passwords in the thread of the test. */
export const takeTurn: TakeTurn = async (task) => task(checkPassword)

/** Without limits. */
export async function logIn(db: Knex, credentials: Omit<Credentials, 'address'>): Promise<Token> {
  return logInWith(db, {...credentials, address: '192.0.2.1'}, logInOptions(db))
}

export function logInOptions(db: Knex): Parameters<typeof logInWith>[2] {
  return {
    takeTurn,
    findHashCosts: async () => readHashCosts(db),
    countLogin: async () => Promise.resolve(),
    tokenDays: 1,
  }
}
