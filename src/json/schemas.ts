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

const price = amount.meta({description: "With the currency's decimals.", examples: ['4.25']})
const total = amount.meta({description: "In the order's currency, with its decimals.", examples: ['4.25']})

export const Product = z
  .object({
    id,
    name: z.string(),
    quantity_in_stock: z.int().nonnegative().meta({description: 'In all pools together.'}),
    price,
    currency,
  })
  .meta({id: 'Product', description: 'What can be ordered.'})

const OrderLine = z
  .object({
    product_id: id,
    product: z.string().meta({description: 'Its name.'}),
    product_price: price.meta({description: 'Of one, at the moment of the order.'}),
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
      .meta({description: 'For `Authorization: Token <token>`.'}),
    expires_at: time,
  })
  .meta({id: 'Login'})

export const TotalMismatch = z.object({
  expected_total: amount.meta({description: 'What the order said.'}),
  total_price: amount.meta({description: 'What it would cost.'}),
  currency,
})

export const Shortage = z
  .object({
    product_id: id,
    requested: z.int().positive(),
    available: z.int().nonnegative(),
  })
  .meta({id: 'Shortage'})

export const Page = z.object({
  count: z.int().nonnegative().meta({description: 'How many there are on all pages.'}),
  next: link.meta({description: 'The address of the next page, with all other parameters.'}),
  previous: link.meta({description: 'The address of the page before.'}),
})

/** A page of a list of such items. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- zod infers it
export function pageOf<Item extends z.ZodType>(item: Item) {
  return Page.extend({results: z.array(item)})
}
