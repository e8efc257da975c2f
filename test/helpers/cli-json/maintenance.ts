import {z} from 'zod'

import {time} from './page.ts'

// What the commands that load, dump, migrate and check print with --json: see docs/cli-json.md.

const count = z.int().min(0)
const loaded = z.strictObject({loaded: count, existing: count})
const counts = z.record(z.string(), count)

export const Load = z.strictObject({
  format: z.string(),
  users: loaded,
  tokens: loaded,
  products: loaded,
  prices: loaded,
  orders: loaded,
  skipped: counts,
  leftovers: z.strictObject({
    source: z.string().nullable(),
    columns: counts,
    rows: counts,
    oversold: count,
    uncounted: count,
  }),
  users_without_password: count,
  noise: z.string().nullable(),
})

export const Dump = z.strictObject({users: count, pools: count, products: count, orders: count})

export const Generation = z.strictObject({users: count, products: count, orders: count, seed: count})

export const Audit = z.strictObject({
  since: z.strictObject({audited_at: time, is_full: z.boolean()}).nullable(),
  recorded: z.boolean(),
  checked: count,
  findings: z.array(
    z.strictObject({
      invariant: z.string(),
      says: z.string(),
      count,
      rows: z.array(z.record(z.string(), z.unknown())),
    }),
  ),
})

export const Migrated = z.strictObject({applied: z.array(z.string())})

const migration = z.strictObject({name: z.string(), migrated_at: time})

export const MigrationStatus = z.strictObject({
  applied: z.array(migration),
  pending: z.array(z.string()),
  unknown: z.array(migration),
})

export const Rollback = z.strictObject({
  database: z.string(),
  rolled_back: z.array(z.string()),
  would_roll_back: z.array(z.string()).optional(),
  dropped_tables: z.array(z.strictObject({table: z.string(), rows: count})),
  dropped_columns: z.array(z.strictObject({table: z.string(), column: z.string(), rows: count})),
})
