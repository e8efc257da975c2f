import {fc} from '../tier.ts'

/** Refers to products, users and processes by their indexes. */
export type Script = {
  /** The stock of each product. */
  stock: number[]
  /** What each buyer does, one after the other. */
  buyers: BuyerAction[][]
  /** What the shop's operators, the clock and the sweepers do, in two lists at once. */
  others: OtherAction[][]
}

type Item = {product: number; quantity: number}

export type BuyerAction = {via: number} & (
  | {kind: 'add'; items: Item[]}
  | {kind: 'checkout'}
  | {kind: 'clear'}
  | {kind: 'hold'}
  | {kind: 'order'; items: Item[]}
  | {kind: 'remove'; product: number}
  | {kind: 'set'; item: Item}
)

export type OtherAction = {via: number} & (
  | {kind: 'adjust'; product: number; by: number}
  | {kind: 'audit'}
  | {kind: 'cancel'; which: number}
  | {kind: 'expire'; user: number}
  | {kind: 'sweep'}
)

export const counts = {processes: 3, products: 3, users: 6}

const via = fc.nat(counts.processes - 1)
const product = fc.nat(counts.products - 1)
const item = plain({product, quantity: fc.integer({min: 1, max: 4})})
const items = fc.uniqueArray(item, {minLength: 1, maxLength: 3, selector: (one) => one.product})

const buyerAction: fc.Arbitrary<BuyerAction> = fc.oneof(
  {weight: 6, arbitrary: plain({via, kind: fc.constant('set' as const), item})},
  {weight: 3, arbitrary: plain({via, kind: fc.constant('add' as const), items})},
  {weight: 4, arbitrary: plain({via, kind: fc.constant('checkout' as const)})},
  {weight: 2, arbitrary: plain({via, kind: fc.constant('order' as const), items})},
  {weight: 2, arbitrary: plain({via, kind: fc.constant('hold' as const)})},
  {weight: 2, arbitrary: plain({via, kind: fc.constant('remove' as const), product})},
  {weight: 1, arbitrary: plain({via, kind: fc.constant('clear' as const)})},
)

const otherAction: fc.Arbitrary<OtherAction> = fc.oneof(
  {weight: 5, arbitrary: plain({via, kind: fc.constant('sweep' as const)})},
  {weight: 4, arbitrary: plain({via, kind: fc.constant('expire' as const), user: fc.nat(counts.users - 1)})},
  {
    weight: 3,
    arbitrary: plain({via, kind: fc.constant('adjust' as const), product, by: fc.integer({min: -4, max: 8})}),
  },
  {weight: 3, arbitrary: plain({via, kind: fc.constant('cancel' as const), which: fc.nat(5)})},
  {weight: 1, arbitrary: plain({via, kind: fc.constant('audit' as const)})},
)

export const scripts: fc.Arbitrary<Script> = fc.noBias(
  plain({
    stock: fc.array(fc.nat(12), {minLength: counts.products, maxLength: counts.products}),
    buyers: fc.array(fc.array(buyerAction, {maxLength: 40, size: 'max'}), {
      minLength: counts.users,
      maxLength: counts.users,
    }),
    others: fc.array(fc.array(otherAction, {maxLength: 60, size: 'max'}), {minLength: 2, maxLength: 2}),
  }),
)

/** Avoids the null prototypes that fast-check mixes in, so that a counterexample is readable. */
function plain<T extends object>(model: {[K in keyof T]: fc.Arbitrary<T[K]>}): fc.Arbitrary<T> {
  return fc.record<T>(model, {noNullPrototype: true})
}
