import {z} from 'zod'

// What update-products prints with --json: see docs/cli-json.md.

const count = z.int().min(0)
const value = z.union([z.string(), z.int(), z.boolean()]).nullable()

export const ProductUpdate = z.strictObject({
  applied: z.boolean(),
  by: z.enum(['id', 'sku', 'name']),
  lines: count,
  changed: count,
  names: count,
  skus: count,
  enabled: count,
  limits: count,
  prices: count,
  levels: count,
  leftovers: z.strictObject({
    source: z.enum(['Shopify', 'WooCommerce']).nullable(),
    columns: z.record(z.string(), count),
    rows: z.record(z.string(), count),
    oversold: count,
    uncounted: count,
  }),
  changes: z.array(
    z.strictObject({
      record: z.string().regex(/^line \d+$/),
      product_id: z.int().min(1),
      name: z.string(),
      changes: z
        .array(
          z.strictObject({
            field: z.enum(['name', 'sku', 'enabled', 'max_per_order', 'price', 'stock']),
            currency: z
              .string()
              .regex(/^[A-Z]{3}$/)
              .nullable(),
            pool: z.string().nullable(),
            effective_from: z.iso.datetime().nullable(),
            from: value,
            to: value,
          }),
        )
        .min(1),
    }),
  ),
})
