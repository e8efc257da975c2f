import bcrypt from 'bcryptjs'
import type {Knex} from 'knex'

import {loadDemo} from '../src/services/transfer/demo/demo.ts'

/** For `knex seed:run`. `shop load-fixture` does the same. */
export async function seed(knex: Knex): Promise<void> {
  await loadDemo(knex, bcrypt)
}
