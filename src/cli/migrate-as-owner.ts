import type {Knex} from 'knex'

import type {Config} from '../config.ts'
import {currentRole} from '../db/query.ts'
import {createTestProvider} from '../gateways/test-provider/schema.ts'
import {runOnDatabase} from './database.ts'

/**
 * Runs `migrate` as the role of SHOP_MIGRATE_URL, and tells it the role of the shop, which gets rights to the tables;
 * without SHOP_MIGRATE_URL, as the role of the shop.
 */
export async function migrateAsOwner<T>(
  config: Config,
  migrate: (owner: Knex, grantTo: string | undefined) => Promise<T>,
  options: {signal?: AbortSignal; onWait?: (reason: string) => void} = {},
): Promise<T> {
  const as = {...options, schema: 'any'} as const
  if (!config.owner) return runOnDatabase(config, async (db) => migrate(db, undefined), as)
  const role = await runOnDatabase(config, currentRole, as)
  return runOnDatabase(
    config,
    async (owner) => {
      const {mode, provider} = config.payments
      // It creates its tables when it needs them, which the role of the shop may not.
      if (mode !== 'none' && provider === 'test') await createTestProvider(owner)
      return migrate(owner, role)
    },
    {...as, asOwner: true},
  )
}
