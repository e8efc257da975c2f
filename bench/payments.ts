import type {Knex} from 'knex'

import {connect} from '../src/db/connect.ts'
import {createTestGateway} from '../src/gateways/test-provider/test-gateway.ts'
import {addMethod, customerOf} from '../src/services/payments/methods.ts'
import {addBuyers, type Buyer, checkoutStep, holdStep, measureBuyers, type Round} from './basket-clients.ts'
import {type BasketComparison, type BasketRow, order, rateRow} from './baskets.ts'
import type {Bench} from './compare.ts'
import {measureInTurn} from './in-turn.ts'
import {hotProduct} from './prepare-database.ts'
import {withShopProcess} from './shop-process.ts'

export const paymentScenario = 'payments, test provider'

const connections = 64
const slow = {connections: 512, delayMs: 200, perSecond: 256}

const payBasket: Round = (buyer) => [holdStep(hotProduct, 1, buyer), checkoutStep(buyer, {payment_method: 'default'})]

/** Measures paid checkouts, and what a slow payment provider costs the buyers who do not wait for it. */
export async function comparePayments(bench: Bench): Promise<BasketComparison> {
  const {db, url} = bench.shop
  const buyers = await addBuyers(db, connections)
  const payers = await addBuyers(db, slow.connections)
  await storeMethods(db, url, [...buyers, ...payers])
  const rows = [await comparePaid(bench, buyers), await compareBesideSlowProvider(bench, buyers, payers)]
  return {rows, verdicts: rows.flatMap(({verdict}) => verdict ?? [])}
}

async function comparePaid({shop, pace, signal}: Bench, buyers: Buyer[]): Promise<BasketRow> {
  const {seconds} = pace
  return withShopProcess(shop.url, {workers: '1', env: {SHOP_PAYMENT: 'optional'}}, async ({origin}) => {
    await measureBuyers(origin, buyers, payBasket, {seconds: pace.warmUpSeconds, signal})
    const [ours, theirs] = await measureInTurn(
      pace.rounds,
      async () => measureBuyers(origin, buyers, payBasket, {seconds, signal}),
      async () => measureBuyers(origin, buyers, order, {seconds, signal}),
    )
    const compared = 'plain orders of these buyers'
    return rateRow('hold, checkout and payment of 1 line', ours, theirs, {compared, bound: 0.4})
  })
}

/** Orders of a product, beside payers of it whose provider takes 200 ms for a call, and beside such that it answers at once. */
async function compareBesideSlowProvider(
  {shop, pace, signal}: Bench,
  buyers: Buyer[],
  payers: Buyer[],
): Promise<BasketRow> {
  const {seconds} = pace
  const env = {SHOP_PAYMENT: 'optional'}
  const slowEnv = {...env, SHOP_TEST_PROVIDER_DELAY_MS: String(slow.delayMs)}
  return withShopProcess(shop.url, {workers: '1', env}, async (quick) =>
    withShopProcess(shop.url, {workers: '1', env: slowEnv}, async (delayed) => {
      const beside = async (origin: string) => {
        const [orders] = await Promise.all([
          measureBuyers(origin, buyers, order, {seconds, signal}),
          measureBuyers(origin, payers, payBasket, {seconds, perSecond: slow.perSecond, signal}),
        ])
        return orders
      }
      const [ours, theirs] = await measureInTurn(
        pace.rounds,
        async () => beside(delayed.origin),
        async () => beside(quick.origin),
      )
      const name = `orders beside ${slow.perSecond} payments/s of ${slow.delayMs} ms, ${slow.connections} conn.`
      return rateRow(name, ours, theirs, {compared: 'beside payments of 0 ms', bound: 0.9})
    }),
  )
}

/** A method of the test provider for each buyer, whose payments succeed. */
async function storeMethods(db: Knex, url: string, buyers: Buyer[]): Promise<void> {
  const provider = connect(() => ({connectionString: url}), {poolSize: 2})
  const gateway = createTestGateway({db: provider, webhookSecrets: ['test'], actionUrl: (id) => `/${id}`})
  const {signal} = new AbortController()
  for (const {id: userId} of buyers) {
    const method = await gateway.addMethod(await customerOf(db, gateway, userId, signal), 'ok')
    await addMethod(db, {userId, provider: gateway.name, method, isDefault: true})
  }
  await provider.destroy()
}
