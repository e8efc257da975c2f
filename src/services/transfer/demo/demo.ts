import type {Knex} from 'knex'

import {onlyRow, query} from '../../../db/query.ts'
import type {Bcrypt} from '../../accounts/passwords.ts'
import {demoProducts} from './demo-products.ts'
import {loadFixture, type LoadOptions, type LoadResult} from '../load.ts'
import type {NativeFixture} from '../formats/native/native-schema.ts'

/** A user `matt` with the password `jackson` and a token, and some fifty products. No orders. */
const demo: NativeFixture = {
  users: [
    {
      username: 'matt',
      password_hash: '$2b$10$oF06Ghr9N5R1tbgBydKhe./D7XxarI0RL0Jg2rL8eNDoJvgbWfOiy',
      tokens: ['3aa905c8b99b518e889df6fc02ec80dca142054e'],
    },
  ],
  products: demoProducts,
}

export async function loadDemo(
  db: Knex,
  bcrypt: Bcrypt,
  options: Pick<LoadOptions, 'dryRun' | 'operator'> = {},
): Promise<LoadResult> {
  return loadFixture(db, bcrypt, JSON.stringify(demo), {...options, format: 'native', currency: 'USD'})
}

/** Whether the shop has no users and no products, which the demo fixture could conflict with. */
export async function isEmptyShop(db: Knex): Promise<boolean> {
  const rows = await query<{isEmpty: boolean}>(
    db,
    'select not exists (select from users) and not exists (select from products) as "isEmpty"',
  )
  return onlyRow(rows).isEmpty
}
