import {z} from 'zod'

import {maxLength} from '../../../../text.ts'
import {amountText, currencyCode} from '../amounts.ts'
import {id, limit, mustBe, quantity, text, time} from '../record-fields.ts'

/** A whole number, which some programs write with a fraction of zero: `7.0`. With three zeros it may be a thousand. */
export const number = (of: z.ZodInt, what: string): z.ZodType<number> =>
  z
    .string({error: mustBe(what)})
    .regex(/^\d+(?:[.,]0{1,2})?$/, {error: ({input}) => `${mustBe(what)({input})}${hint(input)}`})
    .transform((value) => Number.parseInt(value, 10))
    .pipe(of)

function hint(input: unknown): string {
  if (typeof input !== 'string') return ''
  if (/^\d{1,3}(?:[.,'’\s]\d{3})+$/.test(input)) return '; write it without a thousands separator'
  return /^\d(?:[.,]\d+)?e\+?\d+$/i.test(input) ? '; format the column as a number, so that no digits are lost' : ''
}

const booleans: Partial<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  1: true,
  false: false,
  f: false,
  no: false,
  n: false,
  0: false,
}

export const flag = z.string().transform((value, context) => {
  const known = booleans[value.toLowerCase()]
  if (known !== undefined) return known
  context.addIssue(mustBe('true or false')({input: value}))
  return z.NEVER
})

export const csvProduct = z.object({
  id: number(id, 'a positive whole number').optional(),
  name: text(maxLength.productName),
  sku: text(maxLength.sku).optional(),
  price: amountText,
  stock: number(quantity, 'a whole number, 0 or more'),
  enabled: flag.default(true),
  currency: z.string().toUpperCase().pipe(currencyCode).optional(),
  effective_from: time.optional(),
  max_per_order: number(limit, 'a whole number, 1 or more').optional(),
})
