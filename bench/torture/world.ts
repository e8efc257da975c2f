import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import {createTestGateway} from '../../src/gateways/test-provider/test-gateway.ts'
import {addMethod, customerOf} from '../../src/services/payments/methods.ts'
import {addBuyers, type Buyer} from '../basket-clients.ts'
import type {Loaded} from './check/books.ts'
import {usedOutcomes} from './clients/buyer.ts'
import type {Products} from './history.ts'

export type World = {
  products: Products
  buyers: (Buyer & {ownProduct: number; methods: Map<string, number>})[]
  loaded: Loaded
}

const {hot, rare, many, rush}: Products = {
  hot: [1, 2],
  rare: [11, 12, 13, 14, 15, 16],
  rush: 21,
  many: [101, ...Array.from({length: 59}, (_, index) => 102 + index)],
}

/** Fills an empty, migrated shop. */
export async function fillShop(db: Knex, clients: number, signal: AbortSignal): Promise<World> {
  const own = Array.from({length: clients}, (_, index) => 1001 + index)
  const loaded: Loaded = new Map<number, {stock: number; price: number}>([
    ...hot.map((id) => [id, {stock: 100_000, price: 425}] as const),
    [rush, {stock: 5, price: 999}],
    ...rare.map((id) => [id, {stock: 25, price: 1999}] as const),
    ...[...many, ...own].map((id) => [id, {stock: 1_000_000_000, price: 100 + (id % 7)}] as const),
  ])
  const ids = [...loaded.keys()]
  const levels = [...loaded.values()]
  // The prices apply long since, however far the clock is set back.
  await query(
    db,
    `with new as (select * from unnest(?::bigint[], ?::bigint[], ?::bigint[]) as new (product_id, stock, price)),
     product as (insert into products (id, name) select product_id, 'Torture ' || product_id from new),
     prices as (
       insert into product_prices (product_id, currency, amount, effective_from)
       select product_id, 'USD', price, '2020-01-01' from new
     ),
     levels as (
       insert into stock_levels (product_id, pool_id, on_hand)
       select product_id, id, stock from new cross join stock_pools
       returning product_id, pool_id, on_hand
     )
     insert into stock_movements (product_id, pool_id, delta, reason)
     select product_id, pool_id, on_hand, 'load' from levels`,
    [ids, levels.map(({stock}) => stock), levels.map(({price}) => price)],
  )
  const buyers = await addBuyers(db, clients)
  const gateway = createTestGateway({db, webhookSecrets: ['test'], actionUrl: (id) => `/${id}`})
  const filled: World['buyers'] = []
  for (const [index, buyer] of buyers.entries()) {
    const customerId = await customerOf(db, gateway, buyer.id, signal)
    const methods = new Map<string, number>()
    for (const outcome of usedOutcomes) {
      const method = await gateway.addMethod(customerId, outcome)
      const {id} = await addMethod(db, {userId: buyer.id, provider: gateway.name, method})
      methods.set(outcome, id)
    }
    filled.push({...buyer, ownProduct: own[index] ?? 0, methods})
  }
  return {products: {hot, rare, many, rush}, buyers: filled, loaded}
}
