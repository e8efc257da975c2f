import {z} from 'zod'

// What the commands of stock print with --json: see docs/cli-json.md.

const id = z.int().min(1)
const count = z.int().min(0)

export const Pool = z.strictObject({id, name: z.string()})

export const PoolPage = z.strictObject({
  count,
  page: z.int().min(1),
  page_count: z.int().min(1),
  results: z.array(
    z.strictObject({id, name: z.string(), products: count, on_hand: count, reserved: count, free: count}),
  ),
})

const change = {pool: z.string(), before: count, after: count}

export const AdjustedStock = z.strictObject({product_id: id, ...change})

export const MovedStock = z.strictObject({
  product_id: id,
  quantity: z.int().min(1),
  from: z.strictObject(change),
  to: z.strictObject(change),
})
