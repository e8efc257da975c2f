import {createHash} from 'node:crypto'

import fc from 'fast-check'

import {currencyDecimals} from '../../src/money.ts'

/** Texts that PostgreSQL can store, among them characters that need an escape in JSON or COPY. */
const texts = (maxLength: number) =>
  fc
    .oneof(
      fc.string({unit: 'binary', minLength: 1, maxLength}),
      fc.string({
        unit: fc.constantFrom('\\', '"', '\t', '\n', '\r', 'N', '.', '/', 'é', '😀', '\u2028'),
        minLength: 1,
        maxLength,
      }),
    )
    .filter((value) => value.trim() !== '' && !/[\0\p{Surrogate}]/u.test(value))

const times = fc
  .tuple(fc.integer({min: -1e9, max: 4e9}), fc.integer({min: 0, max: 999_999}))
  .map(([seconds, micros]) =>
    new Date(seconds * 1000).toISOString().replace('000Z', `${String(micros).padStart(6, '0')}Z`),
  )

const money = fc.constantFrom('USD', 'JPY', 'KWD').chain((currency) => {
  const decimals = currencyDecimals(currency)
  return fc.tuple(fc.nat(10_000_000), fc.nat(10 ** decimals - 1)).map(([whole, rest]) => ({
    currency,
    amount: decimals === 0 ? String(whole) : `${whole}.${String(rest).padStart(decimals, '0')}`,
  }))
})

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, {nil: undefined})

const poolNames = fc.constantFrom('default', 'east', '7', 'a\\b')

const users = fc.uniqueArray(
  fc.record({
    username: texts(20),
    password_hash: fc.string(),
    is_active: fc.boolean(),
    created_at: optional(times),
    tokens: fc.array(fc.record({created_at: optional(times), expires_at: optional(times)}), {maxLength: 2}),
  }),
  {selector: ({username}) => username, maxLength: 4},
)

const products = fc.uniqueArray(
  fc.record({
    id: fc.integer({min: 1, max: 1000}),
    name: texts(30),
    sku: optional(texts(10)),
    enabled: fc.boolean(),
    created_at: optional(times),
    max_per_order: optional(fc.integer({min: 1, max: Number.MAX_SAFE_INTEGER})),
    stock: fc.oneof(fc.nat(), fc.dictionary(poolNames, fc.nat(), {noNullPrototype: true})),
    prices: fc.uniqueArray(
      fc.tuple(money, times).map(([{amount, currency}, effective_from]) => ({amount, currency, effective_from})),
      {selector: ({currency, effective_from}) => `${currency} ${effective_from}`, maxLength: 4},
    ),
  }),
  {comparator: (a, b) => a.id === b.id || (a.sku !== undefined && a.sku === b.sku), maxLength: 6},
)

const orders = fc.uniqueArray(
  fc.record({
    id: fc.integer({min: 1, max: 1000}),
    created_at: times,
    status: fc.constantFrom('placed', 'cancelled'),
    buyer: fc.nat(),
    currency: fc.constantFrom('USD', 'JPY'),
    lines: fc.array(
      fc.record({product: fc.nat(), name: optional(texts(30)), quantity: fc.nat(1000), cents: fc.nat(10_000)}),
      {
        maxLength: 3,
      },
    ),
    key: optional(texts(20)),
  }),
  {selector: ({id}) => id, maxLength: 5},
)

/** Shops as native fixtures. Their orders refer to their own users and products. */
export const shops = fc.record({users, products, orders}).map((shop) => ({
  pools: [{name: 'west'}],
  users: shop.users.map(({tokens, ...user}) => ({
    ...user,
    password_hash: user.password_hash.replaceAll(/[\0\p{Surrogate}]/gu, ''),
    tokens: tokens.map((token, index) => ({
      sha256: createHash('sha256').update(`${user.username} ${index}`).digest('hex'),
      ...token,
    })),
  })),
  products: shop.products,
  orders: shop.orders.flatMap(({buyer, lines, key, ...order}) => {
    const user = shop.users[buyer % (shop.users.length || 1)]
    if (!user) return []
    return {
      ...order,
      user: user.username,
      lines: lines.flatMap(({product: index, cents, ...line}) => {
        const product = shop.products[index % (shop.products.length || 1)]
        return product ? {...line, product: product.id, price: String(cents)} : []
      }),
      // With the order's number, no two keys of a user are the same.
      ...(key !== undefined && {idempotency_keys: [{key: `${order.id} ${key}`, fingerprint: key}]}),
    }
  }),
}))
