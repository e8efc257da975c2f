import fc from 'fast-check'

/** Refers to products, pools, users, baskets and ways to the shop by their indexes in the lists of a round. */
export type Script = {
  /** By product and pool; null if the pool does not have the product yet. */
  stock: (number | null)[][]
  baskets: Basket[]
  actions: Action[]
}

export type Basket = {product: number; quantity: number}[]

export type Action =
  | {kind: 'order'; user: number; basket: number; key: number | null; sends: OrderSend[]}
  /** `which` counts the confirmed orders back from the newest, which is 0. */
  | {kind: 'cancel'; which: number; sends: {via: number; by: 'operator' | 'owner' | 'stranger'}[]}
  | {kind: 'adjust'; product: number; pool: number; via: number; change: {by: number} | {to: number}}
  | {kind: 'audit'; via: number}

/** The sends of an action go out at the same time. */
export type OrderSend = {via: number; isReversed: boolean; isOtherBasket: boolean}

/** The first two serve HTTP, the others run the services. */
export const ways = {http: [0, 1], services: [2, 3]}
export const pools = ['default', 'east', 'west']
export const users = 3

const products = 4
const baskets = 8
const keys = 12

const anyWay = fc.constantFrom(...ways.http, ...ways.services)
const serviceWay = fc.constantFrom(...ways.services)

const basket = fc.uniqueArray(plain({product: fc.nat(products - 1), quantity: fc.integer({min: 1, max: 6})}), {
  minLength: 1,
  maxLength: 3,
  selector: ({product}) => product,
})

const rarely = fc.nat(5).map((n) => n === 5)

const order = plain({
  kind: fc.constant('order' as const),
  user: fc.nat(users - 1),
  basket: fc.nat(baskets - 1),
  key: fc.option(fc.nat(keys - 1)),
  sends: fc.array(plain({via: anyWay, isReversed: fc.boolean(), isOtherBasket: rarely}), {
    minLength: 1,
    maxLength: 3,
  }),
})

const cancel = plain({
  kind: fc.constant('cancel' as const),
  which: fc.nat(7),
  sends: fc.array(
    fc.oneof(
      plain({via: anyWay, by: fc.constantFrom('owner' as const, 'stranger' as const)}),
      plain({via: serviceWay, by: fc.constantFrom('owner' as const, 'operator' as const)}),
    ),
    {minLength: 1, maxLength: 3},
  ),
})

const adjust = plain({
  kind: fc.constant('adjust' as const),
  product: fc.nat(products - 1),
  pool: fc.nat(pools.length - 1),
  via: serviceWay,
  change: fc.oneof(plain({by: fc.integer({min: -6, max: 8})}), plain({to: fc.nat(12)})),
})

const audit = plain({kind: fc.constant('audit' as const), via: serviceWay})

const action = fc.oneof(
  {weight: 12, arbitrary: order},
  {weight: 6, arbitrary: cancel},
  {weight: 5, arbitrary: adjust},
  {weight: 1, arbitrary: audit},
)

/** Avoids the null prototypes that fast-check mixes in, so that a counterexample is readable. */
function plain<T extends object>(model: {[K in keyof T]: fc.Arbitrary<T[K]>}): fc.Arbitrary<T> {
  return fc.record<T>(model, {noNullPrototype: true})
}

function actions(minLength: number): fc.Arbitrary<Action[]> {
  return fc.array(action, {minLength, maxLength: 120, size: 'max'})
}

/**
 * In a short script nothing races. So scripts are long, without fast-check's bias to short ones, and still shrink to a
 * single action, because shrinking tries the short ones first.
 */
export const scripts: fc.Arbitrary<Script> = fc.noBias(
  plain({
    stock: fc.array(fc.array(fc.option(fc.nat(6)), {minLength: pools.length, maxLength: pools.length}), {
      minLength: products,
      maxLength: products,
    }),
    baskets: fc.array(basket, {minLength: baskets, maxLength: baskets}),
    actions: fc.oneof(
      {withCrossShrink: true},
      {weight: 1, arbitrary: actions(1)},
      {weight: 19, arbitrary: actions(90)},
    ),
  }),
)
