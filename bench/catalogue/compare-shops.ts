import {BenchmarkError} from '../benchmark-error.ts'
import {compareRounds, measureInTurn, type Ratios} from '../in-turn.ts'
import {type Load, measure} from '../load.ts'
import {orderOf} from '../order-requests.ts'
import type {Pace} from '../pace.ts'
import {type Measured, medianOf} from '../statistics.ts'
import {judge, type Target, type Verdict} from '../targets.ts'
import {catalogueRequests, type CatalogueRequest, countMatches, loadOf, type OpenShop} from './requests.ts'

/** The large shop's rate or median time divided by the small one's. `count` is the number of rows in the whole list. */
export type SizeComparison = Ratios & {
  name: string
  of: 'rate' | 'time'
  small: Measured & {count?: number}
  large: Measured & {count?: number}
  verdict?: Verdict
}

export type ShopComparison = {
  requests: SizeComparison[]
  orders: SizeComparison
}

/** A value for each of the two shops. */
type Pair<Each> = {small: Each; large: Each}

type Options = {pace: Pace; signal: AbortSignal; tell: (progress: string) => void}

const orderConnections = 16
const orderTarget: Target = {relation: '>=', bound: 0.8}

/** Requests come first, since the lists are the same in every run until something is ordered. */
export async function compareShops(shops: Pair<OpenShop>, options: Options): Promise<ShopComparison> {
  const {pace, tell} = options
  tell('warm-up')
  const anyPage = loadOf('/products/list/')
  await measureBoth(shops, {small: anyPage, large: anyPage}, {...options, rounds: 1, seconds: pace.singleWarmUpSeconds})

  const requests: SizeComparison[] = []
  for (const request of catalogueRequests) {
    tell(request.name)
    requests.push(await compareTimes(shops, request, options))
  }
  return {requests, orders: await compareOrders(shops, options)}
}

async function compareTimes(
  shops: Pair<OpenShop>,
  {name, target, targetMs, pathIn}: CatalogueRequest,
  {pace, signal}: Options,
): Promise<SizeComparison> {
  const paths = {small: pathIn(shops.small), large: pathIn(shops.large)}
  const small = await countMatches(shops.small.origin, paths.small)
  const large = await countMatches(shops.large.origin, paths.large)
  const loads = {small: loadOf(paths.small), large: loadOf(paths.large)}
  await measureBoth(shops, loads, {signal, rounds: 1, seconds: pace.warmUpSeconds})
  const rounds = await measureBoth(shops, loads, {signal, ...pace})
  const ratios = compareRounds(rounds.large, rounds.small, 'p50')
  return {
    name,
    of: 'time',
    small: {...medianOf(rounds.small), ...(small !== undefined && {count: small})},
    large: {...medianOf(rounds.large), ...(large !== undefined && {count: large})},
    ...ratios,
    ...(target && {verdict: judge(`${name}, x time`, target, ratios.ratio)}),
    ...(targetMs && {verdict: judge(`${name}, ms`, targetMs, medianOf(rounds.large).p50)}),
  }
}

async function compareOrders(shops: Pair<OpenShop>, {pace, signal, tell}: Options): Promise<SizeComparison> {
  const name = `orders, ${shops.small.ordered.length} products, ${orderConnections} conn.`
  tell(name)
  const loads = {small: orderLoad(shops.small), large: orderLoad(shops.large)}
  // Orders each product once, since the first write to a page after a checkpoint puts the whole page in the WAL.
  await measureBoth(shops, loads, {signal, rounds: 1, seconds: pace.singleWarmUpSeconds})
  const rounds = await measureBoth(shops, loads, {signal, ...pace})
  const ratios = compareRounds(rounds.large, rounds.small, 'perSecond')
  return {
    name,
    of: 'rate',
    small: medianOf(rounds.small),
    large: medianOf(rounds.large),
    ...ratios,
    verdict: judge(name, orderTarget, ratios.ratio),
  }
}

/** Orders of one product each, picked from those with plenty of stock. */
function orderLoad({ordered}: OpenShop): Load {
  return {
    connections: orderConnections,
    request: () => orderOf(anyOf(ordered)),
    status: 201,
  }
}

function anyOf(ids: number[]): number {
  const id = ids[Math.floor(Math.random() * ids.length)]
  if (id === undefined) throw new BenchmarkError('There is no product to order.')
  return id
}

async function measureBoth(
  shops: Pair<OpenShop>,
  loads: Pair<Load>,
  {rounds, seconds, signal}: {rounds: number; seconds: number; signal: AbortSignal},
): Promise<Pair<Measured[]>> {
  const [small, large] = await measureInTurn(
    rounds,
    async () => measure(shops.small.origin, loads.small, seconds, signal),
    async () => measure(shops.large.origin, loads.large, seconds, signal),
  )
  return {small, large}
}
