import {z} from 'zod'

import {maxLength} from '../../../../text.ts'
import {amountText} from '../amounts.ts'
import {flag, id, mustBe, passwordHash, quantity, secret, text, time} from '../record-fields.ts'

/** A record of `dumpdata`, whatever its model. */
export const djangoRecord = z.object(
  {
    model: z.string({error: mustBe('the name of a model, such as "products.product"')}),
    pk: z.unknown().optional(),
    fields: z.record(z.string(), z.unknown(), {error: mustBe('an object')}),
  },
  {error: mustBe('an object with model, pk and fields')},
)

/** Keys are numbers, or strings of digits. */
const djangoKey = z.union([id, z.string().regex(/^\d+$/).transform(Number).pipe(id)], {
  error: mustBe('a positive whole number'),
})

/** Django writes decimals as strings; people write numbers. */
const decimal = z.union([amountText, z.number().max(1e12).transform(String)], {
  error: mustBe('an amount as a string, such as "12.34"'),
})

export const djangoUser = {
  key: djangoKey,
  fields: z.object({
    username: text(maxLength.username),
    password: passwordHash,
    is_active: flag.default(true),
    date_joined: time.optional(),
  }),
}

export const djangoToken = {
  key: secret.regex(/^\S+$/, {error: 'must be the token itself, without white space'}),
  fields: z.object({user: djangoKey, created: time.optional()}),
}

export const djangoProduct = {
  key: djangoKey,
  fields: z.object({name: text(maxLength.productName), enabled: flag.default(true), quantity_in_stock: quantity}),
}

export const djangoPrice = {
  key: djangoKey,
  fields: z.object({product: djangoKey, price: decimal, effective_from: time}),
}

export const djangoOrder = {
  key: djangoKey,
  fields: z.object({user: djangoKey, total_price: decimal, created_at: time}),
}

export const djangoOrderItem = {
  key: djangoKey,
  fields: z.object({
    order: djangoKey,
    product: djangoKey,
    product_price: decimal,
    quantity,
  }),
}
