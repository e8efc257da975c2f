import {z} from 'zod'

import {amount, currency, numberedPageOf, time} from './page.ts'

// What the commands of baskets and payments print with --json: see docs/cli-json.md.

const id = z.int().min(1)
const count = z.int().min(0)

export const BasketPage = numberedPageOf(
  z.strictObject({
    id,
    user: z.string(),
    status: z.enum(['open', 'paying', 'ordered']),
    items: count,
    held: count,
    expired: count,
    next_expiry: time.nullable(),
    total: amount,
    currency,
    updated_at: time,
  }),
)

export const Basket = z.strictObject({
  id,
  user: z.string(),
  status: z.enum(['open', 'paying', 'ordered']),
  order_id: id.nullable(),
  currency,
  total: amount,
  created_at: time,
  updated_at: time,
  items: z.array(z.looseObject({product_id: id, quantity: count})),
  holds: z.array(
    z.strictObject({
      product_id: id,
      pool: z.string(),
      quantity: id,
      held_since: time,
      expires_at: time,
      is_expired: z.boolean(),
    }),
  ),
})

export const ReleasedHolds = z.strictObject({holds: count, units: count, products: count})

const amounts = {amount, captured: amount, refunded: amount, currency}
const payment = {
  id,
  order_id: id,
  state: z.string(),
  ...amounts,
  provider: z.string(),
  provider_id: z.string().nullable(),
  next_try_at: time.nullable(),
  created_at: time,
  updated_at: time,
}

export const PaymentPage = numberedPageOf(z.strictObject({...payment, user: z.string()}))

const refund = {
  id,
  amount,
  state: z.string(),
  failure: z.string().nullable(),
  created_at: time,
  operator: z.string().nullable(),
  note: z.string().nullable(),
}

export const Payment = z.strictObject({
  ...payment,
  reference: z.string(),
  method: z.strictObject({brand: z.string(), last4: z.string().nullable()}),
  capture: z.enum(['automatic', 'manual']),
  decline_code: z.string().nullable(),
  is_cancel_requested: z.boolean(),
  due_at: time.nullable(),
  refunds: z.array(z.strictObject(refund)),
  attempt_count: count,
  attempts: z.array(
    z.strictObject({at: time, operation: z.string(), event: z.string(), outcome: z.string().nullable()}),
  ),
})

export const Refund = z.strictObject({...refund, order_id: id, currency, replayed: z.boolean()})

export const PaymentMethod = z.strictObject({
  id,
  brand: z.string(),
  last4: z.string().nullable(),
  expiry: z.strictObject({month: count, year: count}).nullable(),
  is_default: z.boolean(),
  created_at: time,
})

const side = z.strictObject({state: z.string(), ...amounts}).nullable()

export const Reconciliation = z.strictObject({
  found: count,
  fixed: count,
  remaining: count,
  differences: z.array(
    z.strictObject({
      kind: z.string(),
      order_id: id.nullable(),
      reference: z.string().nullable(),
      provider_id: z.string().nullable(),
      ours: side,
      theirs: side,
      is_fixed: z.boolean(),
    }),
  ),
})
