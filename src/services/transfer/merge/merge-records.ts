import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {loadListings} from '../../catalogue/load-listings.ts'
import type {Operator} from '../../operator.ts'
import {FirstLoad, manyProducts} from './first-load.ts'
import {matchOrders} from './match-orders.ts'
import {matchPrices, matchProducts} from './match-products.ts'
import {matchTokens, matchUsers} from './match-users.ts'
import {Problems} from '../fixture-problems.ts'
import {writeImportedOrders} from './write-imported-orders.ts'
import {newProducts, repricedProducts, writePrices, writeProducts, writeStock} from './write-products.ts'
import {writeUsers} from './write-users.ts'

/** How many records of a kind a load added, and how many the shop had already. */
export type Count = {loaded: number; existing: number}

export type Counts = Record<'orders' | 'prices' | 'products' | 'tokens' | 'users', Count>

const writers = {
  users: writeUsers,
  products: writeProducts,
  stock: writeStock,
  prices: writePrices,
  orders: writeImportedOrders,
}

export type LoadStep = keyof typeof writers | 'comparing' | 'listing'

export type MergeOptions = {
  dryRun: boolean
  /** How many new products make a first load. */
  firstLoadFrom?: number | undefined
  operator?: Operator | undefined
  onStep: (step: LoadStep) => void
}

/** Adds the staged records that the shop does not have. Throws InvalidFixtureError if records contradict the shop's. */
export async function mergeRecords(
  trx: Knex.Transaction,
  {dryRun, firstLoadFrom = manyProducts, operator, onStep}: MergeOptions,
): Promise<Counts> {
  onStep('comparing')
  const problems = new Problems()
  await matchUsers(trx, problems)
  await matchTokens(trx, problems)
  await matchProducts(trx, problems)
  await matchPrices(trx, problems)
  await matchOrders(trx, problems)
  problems.refuseAny()
  const counts = await countRecords(trx)
  if (dryRun) return counts

  const firstLoad = counts.products.loaded >= firstLoadFrom ? await FirstLoad.begin(trx) : undefined
  for (const [step, write] of Object.entries(writers)) {
    onStep(step as LoadStep)
    await write(trx, operator)
  }
  await firstLoad?.end(trx)
  onStep('listing')
  await loadListings(trx, {added: newProducts, changed: repricedProducts})
  return counts
}

async function countRecords(trx: Knex.Transaction): Promise<Counts> {
  const kinds = ['users', 'tokens', 'products', 'prices', 'orders'] as const
  const rows = await query<{kind: keyof Counts; staged: number; existing: number}>(
    trx,
    kinds
      .map(
        (kind) =>
          `select '${kind}' as kind,
                  (select count(*) from staged_${kind}) as staged,
                  (select count(*) from known_${kind}) as existing`,
      )
      .join(' union all '),
  )
  const entries = rows.map(({kind, staged, existing}) => [kind, {loaded: staged - existing, existing}] as const)
  return Object.fromEntries(entries) as Counts
}
