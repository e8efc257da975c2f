import {z} from 'zod'

// The schemas of what the API returns. The types in this folder and the API description are inferred from them. The
// running shop parses nothing with them. Only HTTP loads this file: zod would slow down the start of every command.

const amount = z.string().regex(/^\d+(\.\d+)?$/)
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({description: 'An ISO 4217 code.', examples: ['USD']})
const time = z.string().meta({format: 'date-time', description: 'RFC 3339, in UTC with microseconds.'})
const id = z.int().nonnegative()
const link = z.string().meta({format: 'uri'}).nullable()

const price = amount.meta({description: 'An amount with the decimals of its currency.', examples: ['4.25']})
const total = amount.meta({
  description: 'An amount in the currency of the order, with its decimals.',
  examples: ['4.25'],
})

export const Product = z
  .object({
    id,
    name: z.string(),
    quantity_in_stock: z.int().nonnegative().meta({description: 'The total over all stock pools.'}),
    price,
    currency,
  })
  .meta({id: 'Product', description: 'A product that can be ordered.'})

const OrderLine = z
  .object({
    product_id: id,
    product: z.string().meta({description: 'The name of the product.'}),
    product_price: price.meta({description: 'The price of a single unit when the order was placed.'}),
    currency,
    quantity: z.int().positive(),
  })
  .meta({id: 'OrderLine'})

export const Order = z
  .object({
    id,
    created_at: time,
    status: z.enum(['placed', 'cancelled']),
    total_price: total,
    currency,
    items: z.array(OrderLine),
  })
  .meta({id: 'Order'})

export const PlacedOrder = z
  .object({
    order_id: id,
    message: z.literal('Successfully created order'),
    created_at: time,
    total_price: total,
    currency,
  })
  .meta({id: 'PlacedOrder'})

export const Login = z
  .object({
    token: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .meta({description: 'Send it as `Authorization: Token <token>`.'}),
    expires_at: time,
  })
  .meta({id: 'Login'})

export const TotalMismatch = z.object({
  expected_total: amount.meta({description: 'The total that the buyer expected.'}),
  total_price: amount.meta({description: 'The actual total.'}),
  currency,
})

export const Shortage = z
  .object({
    product_id: id,
    requested: z.int().positive(),
    available: z.int().nonnegative(),
  })
  .meta({id: 'Shortage'})

export const QuantityLimit = z.object({
  product_id: id,
  max: z.int().positive().meta({description: 'The most units that one order may have.'}),
})

export const Page = z.object({
  count: z.int().nonnegative().meta({description: 'The number of items on all pages together.'}),
  next: link.meta({description: 'The address of the next page, with the other parameters of this request.'}),
  previous: link.meta({description: 'The address of the previous page.'}),
})

/** The schema of a page whose items have the given schema. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- zod infers it
export function pageOf<Item extends z.ZodType>(item: Item) {
  return Page.extend({results: z.array(item)})
}
