import {z} from 'zod'

import {time} from './page.ts'

export const Movement = z.strictObject({
  id: z.int().positive(),
  created_at: time,
  product_id: z.int().positive(),
  product: z.string(),
  pool: z.string(),
  delta: z.int(),
  reason: z.enum(['adjust', 'cancel', 'load', 'move', 'order']),
  order_id: z.int().positive().nullable(),
  operator: z.string().nullable(),
  note: z.string().nullable(),
})
