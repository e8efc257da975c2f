import {z} from 'zod'

import {maxLength} from '../../../../text.ts'
import {fitsBcrypt, maxPasswordBytes} from '../../../accounts/password-hashes.ts'
import {amountText, currencyCode} from '../amounts.ts'
import {closed, flag, id, limit, mustBe, passwordHash, quantity, secret, text, time} from '../record-fields.ts'
import {defaultPool} from '../../fixture.ts'

/** How many items of a list may be wrong. zod keeps an object for each, and a list may have millions. */
const reportedItems = 20

function list<Item extends z.ZodType>(item: Item, what: string): z.ZodType<z.output<Item>[], z.input<Item>[]> {
  const items = z.array(item, {error: mustBe(`a list of ${what}`)})
  // Parsing each item by itself is slower, so a long list is parsed twice.
  return z.preprocess((value: z.input<Item>[], context) => {
    if (!Array.isArray(value) || value.length <= reportedItems) return value
    let wrong = 0
    for (let index = 0; index < value.length && wrong < reportedItems; index++) {
      const {error} = item.safeParse(value[index])
      if (!error) continue
      wrong++
      for (const {path, message} of error.issues) context.addIssue({code: 'custom', path: [index, ...path], message})
    }
    return value
  }, items)
}

const tokenError = 'must be a token of 40 lower-case hexadecimal digits, or an object with the sha256 of one'

const token = z.union(
  [
    secret.regex(/^[0-9a-f]{40}$/, {error: tokenError}),
    closed({
      sha256: secret.regex(/^[0-9a-f]{64}$/, {error: 'must be 64 lower-case hexadecimal digits'}),
      created_at: time.optional(),
      expires_at: time.optional(),
    }),
  ],
  {error: tokenError},
)

export const nativePool = closed({name: text(maxLength.poolName)})

export const nativeUser = closed({
  id: id.optional(),
  username: text(maxLength.username),
  password: secret
    .refine((password) => password !== '' && fitsBcrypt(password), {error: `must have 1 to ${maxPasswordBytes} bytes`})
    .optional(),
  password_hash: passwordHash.optional(),
  is_active: flag.default(true),
  created_at: time.optional(),
  tokens: list(token, 'tokens').default([]),
}).refine((user) => (user.password === undefined) !== (user.password_hash === undefined), {
  error: 'must have either a password or a password_hash',
})

/** zod keeps an object for each wrong level of a product. */
const maxPools = 10_000

const levels = z
  .record(z.string(), z.unknown())
  .refine((pools) => Object.keys(pools).length <= maxPools, {abort: true})
  .pipe(z.record(text(maxLength.poolName), quantity))

const stock = z
  .union([quantity.transform((units) => ({[defaultPool]: units})), levels], {
    error: mustBe(`a whole number, 0 or more, or an object of such numbers by stock pool, ${maxPools} at most`),
  })
  .transform((pools) => new Map(Object.entries(pools)))
  .refine((pools) => Number.isSafeInteger(sum([...pools.values()])), {error: 'is too large'})

const price = closed({
  id: id.optional(),
  amount: amountText,
  currency: currencyCode.optional(),
  effective_from: time.optional(),
})

export const nativeProduct = closed({
  id: id.optional(),
  name: text(maxLength.productName),
  sku: text(maxLength.sku).optional(),
  enabled: flag.default(true),
  created_at: time.optional(),
  max_per_order: limit.optional(),
  stock: stock.default(new Map()),
  price: amountText.optional(),
  prices: list(price, 'prices').optional(),
}).refine((product) => product.price === undefined || product.prices === undefined, {
  error: 'must have either a price or prices',
})

const line = closed({
  product: z.union([id, text(maxLength.productName)], {error: mustBe('the id or the name of a product')}),
  name: text(maxLength.productName).optional(),
  quantity,
  price: amountText,
})

const idempotencyKey = closed({
  key: text(maxLength.idempotencyKey),
  fingerprint: secret,
  created_at: time.optional(),
})

export const nativeOrder = closed({
  id,
  user: text(maxLength.username),
  created_at: time,
  status: z.enum(['placed', 'cancelled'], {error: mustBe('"placed" or "cancelled"')}).default('placed'),
  currency: currencyCode.optional(),
  total: amountText.optional(),
  lines: list(line, 'lines'),
  idempotency_keys: list(idempotencyKey, 'idempotency keys').default([]),
})

/** A native fixture before it is parsed. */
export type NativeFixture = {
  users?: z.input<typeof nativeUser>[]
  pools?: z.input<typeof nativePool>[]
  products?: z.input<typeof nativeProduct>[]
  orders?: z.input<typeof nativeOrder>[]
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
