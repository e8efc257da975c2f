import {z} from 'zod'

// What the commands of products and prices print with --json: see docs/cli-json.md.

const id = z.int().min(1)
const amount = z.string().regex(/^\d+(\.\d+)?$/)
const currency = z.string().regex(/^[A-Z]{3}$/)
const time = z.iso.datetime()
const text = z.string().nullable()

export const ListedProduct = z.strictObject({
  id,
  name: z.string(),
  quantity_in_stock: z.int().min(0),
  price: amount.nullable(),
  currency,
  enabled: z.boolean(),
  obstacles: z.array(z.enum(['disabled', 'sold_out', 'no_price'])),
})

export const ProductPage = z.strictObject({
  count: z.int().min(0),
  page: z.int().min(1),
  page_count: z.int().min(1),
  more_than_count: z.literal(true).optional(),
  results: z.array(ListedProduct),
})

export const ProductCursorPage = z.strictObject({
  count: z.int().min(0),
  next: text,
  previous: text,
  more_than_count: z.literal(true).optional(),
  results: z.array(ListedProduct),
})

const price = {
  id,
  price: amount,
  currency,
  effective_from: time,
  status: z.enum(['current', 'past', 'scheduled']),
  operator: text,
  note: text,
}

export const Product = z.strictObject({
  id,
  name: z.string(),
  sku: text,
  enabled: z.boolean(),
  max_per_order: z.int().min(1).nullable(),
  created_at: time,
  prices: z.array(z.strictObject(price)),
  stock: z.array(
    z.strictObject({
      pool: z.string(),
      on_hand: z.int().min(0),
      reserved: z.int().min(0),
      free: z.int().min(0),
      next_expiry: time.nullable(),
    }),
  ),
  stock_movements: z.array(
    z.strictObject({
      created_at: time,
      pool: z.string(),
      delta: z.int(),
      reason: z.enum(['adjust', 'cancel', 'load', 'move', 'order']),
      order_id: id.nullable(),
      operator: text,
      note: text,
    }),
  ),
})

export const PriceList = z.strictObject({product_id: id, prices: z.array(z.strictObject(price))})

export const SetPrice = z.strictObject({product_id: id, ...price, price_now: amount.nullable()})

export const ChangedPrices = z.strictObject({
  applied: z.boolean(),
  currency,
  effective_from: time.nullable(),
  changed: z.int().min(0),
  unchanged: z.int().min(0),
  changes: z.array(z.strictObject({product_id: id, name: z.string(), before: amount, after: amount})),
})

export const CancelledPrices = z.strictObject({
  count: z.int().min(1),
  prices: z.array(z.strictObject({product_id: id, ...price})),
})
