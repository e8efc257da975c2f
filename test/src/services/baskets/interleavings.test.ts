import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {query} from '../../../../src/db/query.ts'
import {audit} from '../../../../src/services/audit.ts'
import {sweep} from '../../../../src/services/baskets/sweeper.ts'
import {type Ask, startProcess} from '../../../helpers/basket-interleavings/ask.ts'
import {BuyerModel, contentOf, findUnexpected} from '../../../helpers/basket-interleavings/model.ts'
import type {Answer, Request} from '../../../helpers/basket-interleavings/requests.ts'
import {
  type BuyerAction,
  counts,
  type OtherAction,
  type Script,
  scripts,
} from '../../../helpers/basket-interleavings/script.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {at} from '../../../helpers/interleavings/at.ts'
import {addProduct, addUser} from '../../../helpers/shop.ts'
import {fc, seed, sized} from '../../../helpers/tier.ts'

/*
 * Random scripts of changes of baskets, checkouts, orders, cancellations, adjustments, expiries and sweeps, played through
 * several processes at once. Each buyer's answers are held against a model that knows only the buyer's own requests.
 */
test.serial('baskets by several processes at once: what buyers were told holds', async (t) => {
  t.log(`TEST_SEED=${seed}`)
  const {db, url} = await createDatabase(t)
  const asks = await Promise.all(Array.from({length: counts.processes}, async () => startProcess(t, url)))
  const answers = new Map<string, number>()

  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const contradictions = await play({t, db, asks, answers}, script)
      if (contradictions.length > 0) throw new Error(contradictions.join('\n'))
    }),
    {numRuns: sized(12, 150), includeErrorInReport: true, interruptAfterTimeLimit: sized(40_000, 240_000)},
  )

  t.log(Object.fromEntries([...answers].sort()))
  // A run must see all of these, or it proves little.
  const kinds = ['changed', 'checkout placed', 'order placed', 'change out_of_stock', 'checkout out_of_stock']
  t.deepEqual(
    kinds.filter((kind) => !answers.has(kind)),
    [],
  )
})

type Shop = {t: ExecutionContext; db: Knex; asks: Ask[]; answers: Map<string, number>}

async function play({db, asks, answers}: Shop, script: Script): Promise<string[]> {
  const userIds = await Promise.all(Array.from({length: counts.users}, async () => addUser(db)))
  const productIds = await Promise.all(script.stock.map(async (stock) => addProduct(db, {stock})))
  const models = userIds.map(() => new BuyerModel())
  const orderIds: number[] = []
  const found: string[] = []
  let cancelled: number[] = []
  const adjusted = new Map<number, number>()

  async function ask(via: number, request: Request): Promise<Answer> {
    const answer = await at(asks, via)(request)
    const name =
      answer.kind === 'changed' ? 'changed' : `${request.kind} ${'code' in answer ? answer.code : answer.kind}`
    answers.set(name, (answers.get(name) ?? 0) + 1)
    return answer
  }

  async function buy(actions: BuyerAction[], index: number): Promise<void> {
    const model = at(models, index)
    for (const action of actions) {
      const request = requestOf(action, at(userIds, index), productIds)
      const settle = model.send(request)
      const answer = await ask(action.via, request)
      settle(answer)
      if (answer.kind === 'placed') orderIds.push(answer.orderId)
    }
  }

  async function disturb(actions: OtherAction[]): Promise<void> {
    for (const action of actions) {
      const request = disturbanceOf(action, {userIds, productIds, orderIds})
      if (!request) continue
      const buyer = action.kind === 'expire' ? at(models, action.user) : undefined
      buyer?.expire()
      const answer = await ask(action.via, request)
      buyer?.expire()
      found.push(...findUnexpected(request, answer))
      if (answer.kind !== 'done') continue
      if (request.kind === 'cancel') cancelled = [...cancelled, request.orderId]
      if (request.kind === 'adjust')
        adjusted.set(request.productId, (adjusted.get(request.productId) ?? 0) + request.by)
    }
  }

  await Promise.all([...script.buyers.map(buy), ...script.others.map(disturb)])

  const ordered = new Map(models.flatMap((model) => [...model.ordered]))
  const tables = await readTables(db, {userIds, productIds})
  found.push(...models.flatMap(({contradictions}) => contradictions))
  for (const {id, items, status} of tables.orders) {
    if (contentOf(ordered.get(id) ?? []) !== contentOf(items)) found.push(`order ${id} has other items than confirmed`)
    if ((status === 'cancelled') !== cancelled.includes(id)) found.push(`order ${id} is ${status}`)
  }
  if (tables.orders.length !== ordered.size)
    found.push(`${ordered.size} orders were confirmed, ${tables.orders.length} are kept`)
  for (const [index, productId] of productIds.entries()) {
    const sold = [...ordered]
      .filter(([id]) => !cancelled.includes(id))
      .flatMap(([, items]) => items.filter((item) => item.productId === productId))
      .reduce((sum, {quantity}) => sum + quantity, 0)
    const left = at(script.stock, index) + (adjusted.get(productId) ?? 0) - sold
    if (tables.onHand.get(productId) !== left) {
      found.push(`product ${productId} has ${tables.onHand.get(productId)} on hand, but ${left} by the answers`)
    }
  }
  found.push(...(await findLeftovers(db)))
  return found
}

/** The audit, also after every hold has ended. */
async function findLeftovers(db: Knex): Promise<string[]> {
  const before = await audit(db)
  await db('stock_reservations').update({expires_at: db.raw('statement_timestamp()')})
  await sweep(db)
  const after = await audit(db)
  const reserved = await db('stock_levels').where('reserved', '>', 0)
  return [...before.findings, ...after.findings, ...reserved].map((finding) => JSON.stringify(finding))
}

function requestOf(
  action: BuyerAction,
  userId: number,
  productIds: number[],
): Extract<Request, {kind: 'change' | 'checkout' | 'order'}> {
  const itemOf = ({product, quantity}: {product: number; quantity: number}) => ({
    productId: at(productIds, product),
    quantity,
  })
  switch (action.kind) {
    case 'checkout':
      return {kind: 'checkout', userId}
    case 'order':
      return {kind: 'order', userId, items: action.items.map(itemOf)}
    case 'add':
      return {kind: 'change', userId, change: {kind: 'add', items: action.items.map(itemOf)}}
    case 'set':
      return {kind: 'change', userId, change: {kind: 'set', item: itemOf(action.item)}}
    case 'remove':
      return {kind: 'change', userId, change: {kind: 'remove', productId: at(productIds, action.product)}}
    case 'clear':
    case 'hold':
      return {kind: 'change', userId, change: {kind: action.kind}}
  }
}

/** Undefined if there is no order to cancel yet. */
function disturbanceOf(
  action: OtherAction,
  {userIds, productIds, orderIds}: {userIds: number[]; productIds: number[]; orderIds: number[]},
): Request | undefined {
  switch (action.kind) {
    case 'adjust':
      return action.by === 0
        ? {kind: 'sweep'}
        : {kind: 'adjust', productId: at(productIds, action.product), by: action.by}
    case 'cancel': {
      const orderId = orderIds.at(-1 - (action.which % Math.max(1, orderIds.length)))
      return orderId === undefined ? undefined : {kind: 'cancel', orderId}
    }
    case 'expire':
      return {kind: 'expire', userId: at(userIds, action.user)}
    default:
      return {kind: action.kind}
  }
}

type KeptOrder = {id: number; status: string; items: {productId: number; quantity: number}[]}

async function readTables(
  db: Knex,
  {userIds, productIds}: {userIds: number[]; productIds: number[]},
): Promise<{orders: KeptOrder[]; onHand: Map<number, number>}> {
  const orders = await query<KeptOrder>(
    db,
    `select id, status,
            (select json_agg(json_build_object('productId', product_id, 'quantity', quantity))
             from order_lines where order_id = orders.id) as items
     from orders
     where user_id = any (?::bigint[])`,
    [userIds],
  )
  const levels = await query<{productId: number; onHand: number}>(
    db,
    'select product_id as "productId", on_hand as "onHand" from stock_levels where product_id = any (?::bigint[])',
    [productIds],
  )
  return {orders, onHand: new Map(levels.map(({productId, onHand}) => [productId, onHand]))}
}
