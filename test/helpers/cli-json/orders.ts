import {z} from 'zod'

import {amount, currency, time} from './page.ts'

export const OrderSummary = z.strictObject({
  id: z.int().positive(),
  created_at: time,
  status: z.enum(['placed', 'cancelled']),
  total_price: amount,
  currency,
  items: z.array(
    z.strictObject({
      product_id: z.int().positive(),
      product: z.string(),
      product_price: amount,
      currency,
      quantity: z.int().nonnegative(),
    }),
  ),
  payment_status: z.enum(['pending', 'authorized', 'paid', 'partially_refunded', 'refunded', 'failed']).optional(),
  user: z.string(),
  is_imported: z.boolean(),
  cancellation: z.strictObject({created_at: time, operator: z.string(), note: z.string().nullable()}).nullable(),
})

export const OrderRecord = OrderSummary.extend({
  stock_movements: z.array(
    z.strictObject({
      created_at: time,
      product_id: z.int().positive(),
      pool: z.string(),
      delta: z.int(),
      reason: z.enum(['order', 'cancel']),
      operator: z.string().nullable(),
      note: z.string().nullable(),
    }),
  ),
})

export const PlacedOrder = OrderRecord.extend({replayed: z.boolean()})
