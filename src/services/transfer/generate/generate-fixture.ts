import {formatAmount} from '../../../money.ts'
import {generateProduct, priceOf, timeIn2024, toNativeProduct} from './generate-products.ts'
import {firstNames, lastNames} from './generate-words.ts'
import {Random} from './random.ts'
import type {NativeRecord} from '../formats/native/write-native.ts'

/** How many records to make up. Orders need users and products. */
export type FixtureSize = {users: number; products: number; orders: number; seed: number}

type RecordOf<Kind> = Extract<NativeRecord, {kind: Kind}>

/** Users, products and orders draw from different sequences of random numbers. */
const userSeed = 1
const orderSeed = 3

/** The hash of `generated`, the password of all users. Hashing one for each user would take most of the time. */
const passwordHash = '$2b$10$5M/pVw1i7BGwzI3me5l9wedYvdBtfTUN7ET0xtDWIISygGk0IQ2ke'

/** In seconds. All times are in the two years from the start of 2024. */
const twoYears = 2 * 365 * 24 * 3600

/** Made-up records. Each depends only on the seed and its own number, not on how many there are. */
export function* generateFixture({users, products, orders, seed}: FixtureSize): Generator<NativeRecord> {
  for (let id = 1; id <= users; id++) yield generateUser(seed, id)
  for (let id = 1; id <= products; id++) yield toNativeProduct(generateProduct(seed, id))
  for (let id = 1; id <= orders; id++) yield generateOrder({users, products, seed}, id)
}

function generateUser(seed: number, id: number): RecordOf<'user'> {
  const random = new Random(seed, userSeed, id)
  const value = {
    id,
    username: usernameOf(seed, id),
    password_hash: passwordHash,
    created_at: timeIn2024(random.between(0, twoYears)),
    tokens: [random.hex(40)],
  }
  return {kind: 'user', value}
}

function usernameOf(seed: number, id: number): string {
  const random = new Random(seed, userSeed, id, 1)
  return `${random.pick(firstNames)}.${random.pick(lastNames)}${id}`
}

function generateOrder(size: Omit<FixtureSize, 'orders'>, id: number): RecordOf<'order'> {
  const {users, products, seed} = size
  const random = new Random(seed, orderSeed, id)
  const bought = new Set<number>()
  for (let line = random.between(1, 4); line > 0; line--) bought.add(random.between(1, products))
  const value = {
    id,
    user: usernameOf(seed, random.between(1, users)),
    created_at: timeIn2024(random.between(0, twoYears)),
    currency: 'USD',
    lines: [...bought].map((product) => ({
      product,
      quantity: random.between(1, 5),
      price: formatAmount(priceOf(generateProduct(seed, product)), 'USD'),
    })),
  }
  return {kind: 'order', value}
}
