import {auditShop} from '../audit-shop.ts'
import {type Database, withDatabaseServer} from '../database-server.ts'
import {describeMachine, type Machine} from '../machine.ts'
import type {Pace} from '../pace.ts'
import {type ShopProcess, withShopProcess} from '../shop-process.ts'
import {judge, type Verdict} from '../targets.ts'
import {type CatalogueLoad, fillShop, prepareCatalogue} from './fill-shop.ts'
import {compareShops, type ShopComparison} from './compare-shops.ts'
import {type CatalogueSize, findPlaces, type OpenShop} from './requests.ts'

export type CatalogueComparison = ShopComparison & {
  loads: {small: CatalogueLoad; large: CatalogueLoad}
  verdicts: Verdict[]
}

type FilledShop = {database: Database; size: CatalogueSize; load: CatalogueLoad; ordered: number[]}

const smallSize: CatalogueSize = {products: 1000, words: 'spaghetti'}
const largeSize: CatalogueSize = {products: 1_000_000, words: 'kestrel organic spaghetti'}
const quickSize: CatalogueSize = {products: 10_000, words: 'kestrel organic'}

/** Compares a shop of a thousand products with one of a million, on one database server. */
export async function compareCatalogues({
  workers,
  pace,
  isQuick,
  signal,
  tell,
}: {
  workers: string
  pace: Pace
  isQuick: boolean
  signal: AbortSignal
  tell: (progress: string) => void
}): Promise<{machine: Machine; catalogue: CatalogueComparison}> {
  return withDatabaseServer(signal, async ({createDatabase}) => {
    const small = await fill(await createDatabase('small'), smallSize)
    const large = await fill(await createDatabase('large'), isQuick ? quickSize : largeSize)
    const figures = await withShopProcess(small.database.url, {workers}, async (one) =>
      withShopProcess(large.database.url, {workers}, async (other) =>
        compareShops({small: await open(small, one), large: await open(large, other)}, {pace, signal, tell}),
      ),
    )
    for (const {database, size} of [small, large]) {
      tell(`audit of ${countOf(size)}`)
      await auditShop(database, signal)
    }
    const loads = {small: small.load, large: large.load}
    const verdicts = [
      ...judgeLoad(large.load),
      ...[...figures.requests, figures.orders].flatMap(({verdict}) => verdict ?? []),
    ]
    return {machine: await describeMachine(small.database.db), catalogue: {loads, ...figures, verdicts}}
  })

  async function fill(database: Database, size: CatalogueSize): Promise<FilledShop> {
    tell(`load of ${countOf(size)}`)
    const load = await fillShop(database, size.products, signal)
    tell(`prices in EUR and stock to order, ${countOf(size)}`)
    return {database, size, load, ordered: await prepareCatalogue(database)}
  }
}

async function open({size, ordered}: FilledShop, {origin}: ShopProcess): Promise<OpenShop> {
  return {origin, size, ordered, places: await findPlaces(origin)}
}

function judgeLoad({products, seconds, peakMb}: CatalogueLoad): Verdict[] {
  const name = `load of ${countOf({products})}`
  return [
    judge(`${name}, s`, {relation: '<', bound: 60}, seconds),
    judge(`${name}, MB`, {relation: '<=', bound: 300}, peakMb),
  ]
}

function countOf({products}: {products: number}): string {
  return `${products.toLocaleString('en')} products`
}
