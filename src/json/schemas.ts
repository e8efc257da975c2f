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
    quantity_in_stock: z
      .int()
      .nonnegative()
      .meta({description: 'How many units anybody can buy, over all stock pools. What baskets hold is not counted.'}),
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

const paymentStatus = z
  .enum(['none', 'pending', 'authorized', 'paid', 'partially_refunded', 'refunded', 'failed'])
  .meta({
    description:
      'How far the payment of the order is. `none`: it is not paid through the shop. `pending`: the payment provider may ' +
      'still decide either way. `authorized`: the money is reserved. `failed`: the order is cancelled.',
  })

/** An order in a shop that takes payments. */
export const OrderWithPayment = Order.extend({payment_status: paymentStatus.optional()}).meta({id: 'Order'})

export const NextAction = z
  .discriminatedUnion('type', [
    z.object({type: z.literal('redirect'), url: z.string().meta({format: 'uri'})}),
    z.object({type: z.literal('client_secret'), client_secret: z.string()}),
  ])
  .meta({
    id: 'NextAction',
    description:
      'What the buyer must do before the payment goes on: open the `url`, or let the client library of the payment ' +
      'provider handle the `client_secret`.',
  })

const nextAction = NextAction.nullable().meta({description: 'Null if the buyer need not do anything.'})

/** Of a shop that takes payments. The members are optional for clients of any shop. */
export const PaidOrder = PlacedOrder.extend({
  payment_status: paymentStatus.optional(),
  next_action: nextAction.optional(),
}).meta({id: 'PlacedOrder'})

const brand = z.string().meta({description: 'Such as `visa`; `unknown` if the payment provider does not say.'})

const last4 = z
  .string()
  .nullable()
  .meta({description: 'The last four digits of the card.', examples: ['4242']})

export const PaymentMethod = z
  .object({
    id,
    brand,
    last4,
    expiry: z.object({month: z.int().min(1).max(12), year: z.int()}).nullable(),
    is_default: z.boolean(),
    created_at: time,
  })
  .meta({id: 'PaymentMethod', description: 'A payment method that the payment provider keeps for the caller.'})

export const PaymentMethods = z
  .object({results: z.array(PaymentMethod).meta({description: 'The oldest comes first.'})})
  .meta({id: 'PaymentMethods'})

export const PaymentSetup = z
  .object({
    setup: z.string().meta({description: 'For `POST /payment-methods/`, after the user has finished.'}),
    client_secret: z.string().meta({description: 'For the client library of the payment provider.'}),
  })
  .meta({id: 'PaymentSetup'})

export const Refund = z
  .object({
    id,
    amount: total,
    state: z.enum(['requested', 'submitted', 'pending', 'succeeded', 'failed']),
    failure: z.string().nullable().meta({description: "The payment provider's code, if it refused the refund."}),
    created_at: time,
  })
  .meta({id: 'Refund'})

export const Payment = z
  .object({
    order_id: id,
    payment_status: paymentStatus,
    state: z
      .enum([
        'created',
        'submitted',
        'requires_action',
        'processing',
        'unknown',
        'authorized',
        'captured',
        'partially_refunded',
        'refunded',
        'declined',
        'cancelled',
        'mismatch',
      ])
      .meta({
        description:
          'The same in more detail. `mismatch`: the provider charged something else, and an operator decides.',
      }),
    amount: total.meta({description: 'What is to be paid.'}),
    captured: total.meta({description: 'What was charged.'}),
    refunded: total.meta({description: 'How much of that was given back.'}),
    currency,
    method: z.object({brand, last4}).meta({description: 'The method that is charged. It may have been removed since.'}),
    decline_code: z
      .string()
      .nullable()
      .meta({description: "The payment provider's code, if the payment was declined."}),
    next_action: nextAction,
    due_at: time.nullable().meta({description: 'When an action that nobody finished is given up.'}),
    created_at: time,
    updated_at: time,
    refunds: z.array(Refund).meta({description: 'The oldest comes first.'}),
  })
  .meta({id: 'Payment'})

const BasketProblem = z.discriminatedUnion('code', [
  z.object({code: z.literal('not_held')}).meta({description: 'Others can buy some of the units, or all of them.'}),
  z
    .object({code: z.literal('out_of_stock'), available: z.int().nonnegative()})
    .meta({description: 'Fewer units are available to this basket, counting what it holds, than the line asks for.'}),
  z.object({code: z.literal('price_changed'), was: price}).meta({
    description:
      'The price was another one when the line was last changed. A checkout uses the current one. Setting ' +
      'the quantity again, also to the same, takes note of it.',
  }),
  z
    .object({code: z.literal('quantity_limit'), max: z.int().positive()})
    .meta({description: 'One order may have fewer units of the product.'}),
  z
    .object({code: z.literal('unavailable')})
    .meta({description: 'The product is not for sale, or has no price in the currency of the basket.'}),
])

const BasketItem = z
  .object({
    product_id: id,
    name: z.string().meta({description: 'The name of the product.'}),
    quantity: z.int().positive(),
    price: price.nullable().meta({
      description:
        'The current price of a single unit. Null if the product has no price in the currency of the basket.',
    }),
    line_total: amount.nullable().meta({description: 'The price times the quantity. Null without a price.'}),
    held: z.int().nonnegative().meta({description: 'How many units nobody else can buy.'}),
    held_until: time.nullable().meta({description: 'When the first held units are free again. Null if none is held.'}),
    problems: z.array(BasketProblem).meta({
      description:
        'What the buyer should know about the line. `out_of_stock`, `quantity_limit` and `unavailable` prevent a checkout.',
    }),
  })
  .meta({id: 'BasketItem'})

export const Basket = z
  .object({
    id: id.nullable().meta({description: 'Null if the user has put nothing into a basket since the last order.'}),
    currency,
    items: z.array(BasketItem),
    total: amount.meta({
      description: 'The sum of the line totals. Items without a price count nothing.',
      examples: ['8.50'],
    }),
    held_until: time.nullable().meta({
      description:
        'The earliest `held_until` of the items. Null if none is held. Compare it with the `Date` of the ' +
        'answer, not with the clock of the device.',
    }),
    can_checkout: z.boolean().meta({description: 'Whether a checkout would succeed as things are.'}),
    version: z.string().meta({
      description: 'Changes with every change of the basket, but not as time passes. The `ETag` is made from it.',
      examples: ['1-3'],
    }),
  })
  .meta({id: 'Basket', description: 'What a user is about to order. Its stock is held for some minutes.'})

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

export const ProductPage = pageOf(Product)
  .extend({
    count: Page.shape.count.meta({
      description:
        'The number of products on all pages together. A search counts up to 10,000 of them; if more match, ' +
        '`more_than_count` says so, and numbered pages end there, but following cursors leads to all of them.',
    }),
    more_than_count: z
      .literal(true)
      .exactOptional()
      .meta({description: 'True if more products match than `count`; missing otherwise.'}),
  })
  .meta({id: 'ProductPage'})
