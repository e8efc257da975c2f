import type {Knex} from 'knex'

import {checkPassword} from '../../src/services/accounts/check-password.ts'
import {readHashCosts} from '../../src/services/accounts/hash-costs.ts'
import {type Credentials, logIn as logInWith, type Token} from '../../src/services/accounts/tokens.ts'

/** Checks the password in the thread of the test. */
export async function logIn(db: Knex, credentials: Credentials): Promise<Token> {
  return logInWith(db, credentials, {checkPassword, findHashCosts: async () => readHashCosts(db), tokenDays: 1})
}
