import bcrypt from 'bcryptjs'

import type {Bcrypt} from '../../src/services/accounts/passwords.ts'

/** For users whose hashes are not what is tested: making and matching a hash takes 1 ms instead of 60. */
export const cheapBcrypt: Bcrypt = {hash: async (password) => bcrypt.hash(password, 4)}
