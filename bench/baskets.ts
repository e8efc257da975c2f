import {setTimeout as sleep} from 'node:timers/promises'

import {onlyRow, query} from '../src/db/query.ts'
import {
  addBuyers,
  type Buyer,
  checkoutStep,
  holdStep,
  measureBuyers,
  orderStep,
  releaseStep,
  type Round,
} from './basket-clients.ts'
import type {Bench} from './compare.ts'
import {compareRounds, measureInTurn} from './in-turn.ts'
import {measure} from './load.ts'
import {againstPace, quickPace} from './pace.ts'
import {hotProduct, manyProducts} from './prepare-database.ts'
import {orderLoad} from './scenarios.ts'
import type {Measured} from './statistics.ts'
import {median, medianOf} from './statistics.ts'
import {judge, type Verdict} from './targets.ts'

/** A measurement beside what it is compared with. */
export type BasketRow = {name: string; figure: string; compared: string; ratio: string; verdict?: Verdict}

/** `rounds` is given if it is not the pace's. */
export type BasketComparison = {rows: BasketRow[]; verdicts: Verdict[]; rounds?: number}

export const basketScenario = 'baskets, 64 conn.'

const connections = 64
/** SHOP_HOLD_USER_RATE allows a buyer two requests for holds a second. */
const holdsPerSecond = 2 * connections
const orders = orderLoad('hot', connections)
const flipsPerSecond = 1000
const flippedProducts = {from: 200_001, count: connections}
const sweptHolds = {products: manyProducts.count, baskets: 100}

/** Measures holds, checkouts of baskets, and what holds cost everybody else, each in turn with what it is compared with. */
export async function compareBaskets({pace, ...measured}: Bench): Promise<BasketComparison> {
  // Single rounds vary by a tenth: whether the batches of 64 buyers are as large as each other is chance.
  const rounds = pace === quickPace ? pace.rounds : againstPace.rounds
  const bench = {...measured, pace: {...pace, rounds}}
  const buyers = await addBuyers(bench.shop.db, connections)
  const rows = [
    await compareHolds(bench, buyers),
    await compareCheckouts(bench, buyers),
    await compareOrdersBesideHolds(bench, buyers),
    ...(await measureSweep(bench)),
    await compareListsBesideFlips(bench, buyers),
  ]
  return {rows, rounds, verdicts: rows.flatMap(({verdict}) => verdict ?? [])}
}

const hold: Round = (buyer, round) => [holdStep(hotProduct, 1 + (round % 2), buyer)]
export const order: Round = (buyer) => [orderStep(hotProduct, buyer)]
const holdAndCheckOut: Round = (buyer) => [holdStep(hotProduct, 1, buyer), checkoutStep(buyer)]

async function compareHolds({shop, raw, rawUrl, pace, signal}: Bench, buyers: Buyer[]): Promise<BasketRow> {
  const {seconds} = pace
  await measureBuyers(shop.origin, buyers, hold, {seconds: pace.warmUpSeconds, signal})
  const [ours, theirs] = await measureInTurn(
    pace.rounds,
    async () => measureBuyers(shop.origin, buyers, hold, {seconds, signal}),
    async () => raw.measure(rawUrl, {script: 'hot', clients: 16}, seconds, signal),
  )
  return rateRow('holds of 1 product', ours, theirs, {compared: `${raw.program}, row lock`, bound: 3})
}

async function compareCheckouts({shop, pace, signal}: Bench, buyers: Buyer[]): Promise<BasketRow> {
  const {seconds} = pace
  await measureBuyers(shop.origin, buyers, holdAndCheckOut, {seconds: pace.warmUpSeconds, signal})
  const [ours, theirs] = await measureInTurn(
    pace.rounds,
    async () => measureBuyers(shop.origin, buyers, holdAndCheckOut, {seconds, signal}),
    async () => measureBuyers(shop.origin, buyers, order, {seconds, signal}),
  )
  return rateRow('hold and checkout of 1 line', ours, theirs, {compared: 'plain orders of these buyers', bound: 0.45})
}

export function rateRow(
  name: string,
  ours: {perSecond: number}[],
  theirs: {perSecond: number}[],
  {compared, bound}: {compared: string; bound?: number | undefined},
): BasketRow {
  const {ratio} = compareRounds(ours as Measured[], theirs as Measured[], 'perSecond')
  return {
    name,
    figure: `${medianRate(ours)} /s`,
    compared: `${medianRate(theirs)} /s (${compared})`,
    ratio: ratio.toFixed(2),
    ...(bound !== undefined && {verdict: judge(name, {relation: '>=', bound}, ratio)}),
  }
}

function medianRate(rounds: {perSecond: number}[]): string {
  return median(rounds.map(({perSecond}) => perSecond)).toFixed(0)
}

/** Orders of the same product, while 64 buyers extend their holds as often as they may. */
async function compareOrdersBesideHolds({shop, pace, signal}: Bench, buyers: Buyer[]): Promise<BasketRow> {
  const {seconds} = pace
  const measureOrders = async (): Promise<Measured> => measure(shop.origin, orders, seconds, signal)
  const [beside, alone] = await measureInTurn(
    pace.rounds,
    async () => {
      const [both] = await Promise.all([
        measureOrders(),
        measureBuyers(shop.origin, buyers, hold, {seconds, perSecond: holdsPerSecond, signal}),
      ])
      return both
    },
    measureOrders,
  )
  const ratio = median(beside.map(({p99}, round) => p99 / (alone[round]?.p99 ?? Number.NaN)))
  const name = `p99 of an order beside ${holdsPerSecond} holds/s of its product`
  return {
    name,
    figure: `${medianOf(beside).p99.toFixed(2)} ms`,
    compared: `${medianOf(alone).p99.toFixed(2)} ms (alone)`,
    ratio: ratio.toFixed(2),
    verdict: judge(name, {relation: '<=', bound: 1.5}, ratio),
  }
}

/** Removes 100,000 holds of 1,000 products that expired at one moment, while orders of these products go on. */
async function measureSweep({shop, pace, signal}: Bench): Promise<BasketRow[]> {
  const load = orderLoad('uniform', connections)
  const measureOrders = async (): Promise<Measured> => measure(shop.origin, load, pace.seconds * 3, signal)
  const removals: number[] = []
  const [alone, beside] = await measureInTurn(Math.ceil(pace.rounds / 5), measureOrders, async () => {
    await addExpiredHolds(shop.db)
    const start = performance.now()
    const [orders] = await Promise.all([
      measureOrders(),
      untilRemoved(shop.db, signal).then(() => removals.push((performance.now() - start) / 1000)),
    ])
    return orders
  })

  const seconds = median(removals)
  const names = ['100,000 expired holds of 1,000 products, s', 'orders meanwhile'] as const
  return [
    {
      name: names[0],
      figure: `${seconds.toFixed(2)} s`,
      compared: '',
      ratio: '',
      verdict: judge(names[0], {relation: '<', bound: 3}, seconds),
    },
    rateRow(names[1], beside, alone, {compared: 'before', bound: 0.8}),
  ]
}

/** Of new buyers, 100 of each product. */
async function addExpiredHolds(db: Bench['shop']['db']): Promise<void> {
  const buyers = await addBuyers(db, sweptHolds.baskets)
  const last = manyProducts.from + manyProducts.count - 1
  await query(
    db,
    `with basket as (
       insert into baskets (user_id, currency) select unnest(?::bigint[]), 'USD' returning id
     ),
     line as (
       insert into basket_lines (basket_id, product_id, quantity, seen_price)
       select basket.id, product_id, 1, 100 from basket cross join generate_series(?::bigint, ?::bigint) as product_id
       returning basket_id, product_id
     ),
     hold as (
       insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
       select basket_id, product_id, 1, 1, now() - interval '5 minutes', now() from line
     )
     update stock_levels set reserved = reserved + ? where product_id between ? and ?`,
    [buyers.map(({id}) => id), manyProducts.from, last, sweptHolds.baskets, manyProducts.from, last],
  )
}

async function untilRemoved(db: Bench['shop']['db'], signal: AbortSignal): Promise<void> {
  for (;;) {
    const left = await query<{isLeft: boolean}>(
      db,
      'select exists (select from stock_reservations where expires_at <= statement_timestamp()) as "isLeft"',
    )
    if (!onlyRow(left).isLeft) return
    await sleep(50, undefined, {signal})
  }
}

/** The last unit of a product is held and released, so that it leaves every list and comes back. */
async function compareListsBesideFlips({shop, pace, signal}: Bench, buyers: Buyer[]): Promise<BasketRow> {
  await query(
    shop.db,
    `with product as (
       insert into products (id, name)
       select n, 'Flipped ' || n from generate_series(?::bigint, ?::bigint) as n
       returning id
     ),
     price as (insert into product_prices (product_id, currency, amount) select id, 'USD', 100 from product),
     level as (insert into stock_levels (product_id, pool_id, on_hand) select id, 1, 1 from product)
     insert into stock_movements (product_id, pool_id, delta, reason) select id, 1, 1, 'load' from product`,
    [flippedProducts.from, flippedProducts.from + flippedProducts.count - 1],
  )
  const flip: Round = (buyer, round) => {
    const productId = flippedProducts.from + buyers.indexOf(buyer)
    return [round % 2 === 0 ? holdStep(productId, 1, buyer) : releaseStep(productId, buyer)]
  }
  const {seconds} = pace
  const list = {connections: 16, request: () => ({method: 'GET', path: '/products/list/'}), status: 200}
  const measureList = async (): Promise<Measured> => measure(shop.origin, list, seconds, signal)
  const flips: Measured[] = []
  const [beside, alone] = await measureInTurn(
    pace.rounds,
    async () => {
      const [both, flipped] = await Promise.all([
        measureList(),
        measureBuyers(shop.origin, buyers, flip, {seconds, perSecond: flipsPerSecond, signal}),
      ])
      flips.push(flipped)
      return both
    },
    measureList,
  )
  const {ratio} = compareRounds(beside, alone, 'perSecond')
  return {
    name: `lists beside ${medianRate(flips)} products a second that leave and return`,
    figure: `${medianRate(beside)} /s, p99 ${medianOf(beside).p99.toFixed(1)} ms`,
    compared: `${medianRate(alone)} /s (alone)`,
    ratio: ratio.toFixed(2),
  }
}
