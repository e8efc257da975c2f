import {z} from 'zod'

const RowCount = z.strictObject({count: z.int().min(0), is_estimate: z.boolean()})
const Time = z.iso.datetime()

export const Status = z.strictObject({
  database: z.strictObject({
    kind: z.enum(['embedded', 'server']),
    location: z.string(),
    name: z.string(),
    role: z.string(),
    version: z.string(),
    bytes: z.int().positive(),
  }),
  schema: z.strictObject({
    state: z.enum(['current', 'empty', 'newer', 'outdated']),
    last_migration: z.string().nullable(),
    pending: z.array(z.string()),
    unknown: z.array(z.string()),
  }),
  users: RowCount.nullable(),
  products: RowCount.nullable(),
  orders: RowCount.nullable(),
  servers: z.int().min(0),
  replicas: z.array(
    z.strictObject({
      replica: z.string(),
      state: z.enum(['behind', 'foreign', 'promoted', 'ready', 'unreachable']),
      lag_seconds: z.number().nullable(),
    }),
  ),
  programs: z.array(z.strictObject({role: z.string(), name: z.string(), connections: z.int().positive()})),
})

export const Doctor = z.strictObject({
  good: z.int(),
  warnings: z.int(),
  bad: z.int(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      level: z.enum(['bad', 'good', 'warning']),
      says: z.string(),
      advice: z.string().nullable(),
    }),
  ),
})

const backup = {
  file: z.string(),
  created_at: Time,
  shop_version: z.string(),
  last_migration: z.string(),
  users: z.int(),
  products: z.int(),
  orders: z.int(),
  rows: z.record(z.string(), z.int()),
}

export const Backup = z.strictObject(backup)

export const Restore = z.strictObject({
  ...backup,
  audit: z.strictObject({checked: z.int().positive(), findings: z.array(z.unknown())}),
})

const sales = {orders: z.int().min(0), units: z.int().min(0), total: z.string().regex(/^\d+(\.\d+)?$/)}
const row = {currency: z.string().length(3), ...sales, cancelled: z.strictObject(sales)}
const Named = z.strictObject({id: z.int().positive(), name: z.string()})

export const SalesReport = z.strictObject({
  by: z.enum(['day', 'hour', 'product', 'user']),
  from: Time,
  to: Time,
  totals: z.array(z.strictObject(row)),
  results: z.array(
    z.union([
      z.strictObject({day: z.iso.date(), ...row}),
      z.strictObject({hour: Time, ...row}),
      z.strictObject({product: Named, ...row}),
      z.strictObject({user: Named, ...row}),
    ]),
  ),
})
