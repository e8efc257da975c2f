import type {Knex} from 'knex'

import {onlyRow, query} from '../db/query.ts'
import {defaultHoldSettings} from '../hold-settings.ts'
import type {AuditPoint} from './audit-since/points.ts'
import {scopeOfOrders, scopeSince} from './audit-since/scopes.ts'
import {marksInvariant} from './catalogue/marks.ts'
import type {Invariant} from './invariant.ts'
import {paymentInvariants} from './payments/operators/invariants.ts'

export const invariantsOf = ({holdMaxSeconds}: {holdMaxSeconds: number}): Invariant[] => [
  {
    name: 'stock_equals_ledger',
    scope: 'ledger',
    says: 'the stock on hand is the sum of its movements',
    sql: `select product_id, pool_id, coalesce(on_hand, 0) as on_hand, coalesce(ledger.sum, 0) as ledger
          from stock_levels
          full join (
            select product_id, pool_id, sum(delta)::bigint as sum from stock_movements group by product_id, pool_id
          ) as ledger using (product_id, pool_id)
          where coalesce(on_hand, 0) <> coalesce(ledger.sum, 0)`,
  },
  {
    name: 'stock_not_oversold',
    isQuick: true,
    says: 'stock on hand is never negative, and reserved stock never exceeds it',
    sql: `select product_id, pool_id, on_hand, reserved
          from stock_levels
          where on_hand < 0 or reserved < 0 or reserved > on_hand`,
  },
  {
    // The movements of a level get their ids while it is locked, so they happened in the order of their ids.
    name: 'ledger_not_overdrawn',
    scope: 'ledger',
    says: 'no movement took more than its stock pool had at that time',
    sql: `select product_id, pool_id, id as movement_id, delta, left_over
          from (
            select product_id, pool_id, id, delta,
                   (sum(delta) over (partition by product_id, pool_id order by id))::bigint as left_over
            from stock_movements
          ) as ledger
          where left_over < 0`,
  },
  {
    name: 'moves_balance',
    scope: 'ledger',
    says: 'what is moved between stock pools leaves one and arrives in another',
    sql: `select product_id, created_at, sum(delta)::bigint as sum
          from stock_movements
          where reason = 'move'
          group by product_id, created_at
          having sum(delta) <> 0`,
  },
  {
    name: 'total_equals_lines',
    scope: 'order',
    says: 'the total of an order placed here is the sum of its lines',
    sql: `select orders.id as order_id, total, coalesce(lines.sum, 0) as lines
          from orders
          left join (
            select order_id, sum(unit_price::numeric * quantity) as sum from order_lines group by order_id
          ) as lines on lines.order_id = orders.id
          where not is_imported and total <> coalesce(lines.sum, 0)`,
  },
  {
    name: 'order_has_lines',
    scope: 'order',
    says: 'an order placed here has at least one line, and each line has a quantity',
    sql: `select orders.id as order_id
          from orders
          left join (
            select order_id, min(quantity) as least from order_lines group by order_id
          ) as lines on lines.order_id = orders.id
          where not is_imported and coalesce(least, 0) < 1`,
  },
  {
    name: 'movements_equal_lines',
    scope: 'order',
    says: 'an order placed here took the stock of its lines, and an imported one took none',
    sql: `select order_id, product_id, lines.quantity as ordered, movements.quantity as taken
          from (
            select order_id, product_id, sum(case when is_imported then 0 else quantity end)::bigint as quantity
            from order_lines
            join orders on orders.id = order_id
            group by order_id, product_id
          ) as lines
          full join (
            select order_id, product_id, -sum(delta)::bigint as quantity
            from stock_movements
            where reason = 'order'
            group by order_id, product_id
          ) as movements using (order_id, product_id)
          where coalesce(lines.quantity, 0) <> coalesce(movements.quantity, 0)`,
  },
  {
    name: 'cancelled_stock_returned',
    scope: 'order',
    says: 'a cancelled order returned to each stock pool what it took from there, and no other order returned anything',
    sql: `select order_id, product_id, pool_id, status, taken, returned
          from (
            select order_id, product_id, pool_id,
                   coalesce(-sum(delta) filter (where reason = 'order'), 0)::bigint as taken,
                   coalesce(sum(delta) filter (where reason = 'cancel'), 0)::bigint as returned
            from stock_movements
            where order_id is not null
            group by order_id, product_id, pool_id
          ) as movements
          join orders on orders.id = order_id
          where returned <> case when status = 'cancelled' then taken else 0 end`,
  },
  {
    name: 'key_names_own_order',
    scope: 'key',
    says: 'an idempotency key and its order, or its basket, belong to the same user',
    sql: `select idempotency_keys.user_id, key, idempotency_keys.order_id, basket_id,
                 coalesce(orders.user_id, baskets.user_id) as owner_id
          from idempotency_keys
          left join orders on orders.id = idempotency_keys.order_id
          left join baskets on baskets.id = basket_id
          where coalesce(orders.user_id, baskets.user_id) is distinct from idempotency_keys.user_id`,
  },
  {
    name: 'reserved_equals_holds',
    isQuick: true,
    says: 'the reserved stock of a level is the sum of its holds',
    sql: `select product_id, pool_id, coalesce(reserved, 0) as reserved, coalesce(held.sum, 0) as held
          from stock_levels
          full join (
            select product_id, pool_id, sum(quantity)::bigint as sum from stock_reservations group by product_id, pool_id
          ) as held using (product_id, pool_id)
          where coalesce(reserved, 0) <> coalesce(held.sum, 0)`,
  },
  {
    name: 'holds_within_lines',
    isQuick: true,
    says: 'a hold belongs to a line of a basket that has not been ordered, and does not exceed the quantity of that line',
    sql: `select basket_id, product_id, status, quantity, held.sum as held
          from (
            select basket_id, product_id, sum(quantity)::bigint as sum from stock_reservations group by basket_id, product_id
          ) as held
          left join basket_lines using (basket_id, product_id)
          left join baskets on baskets.id = basket_id
          where coalesce(status, 'ordered') = 'ordered' or held.sum > coalesce(quantity, 0)`,
  },
  {
    name: 'ordered_basket_has_order',
    scope: 'order',
    says: 'the order of a basket exists, is of the same user and has the lines of the basket',
    sql: `select baskets.id as basket_id, baskets.user_id, orders.id as order_id, orders.user_id as order_user_id
          from baskets
          left join orders on orders.id = order_id
          where order_id is not null and orders.user_id is distinct from baskets.user_id
            or baskets.id in (
              select basket_id
              from basket_lines as line
              join baskets as of_line on of_line.id = basket_id
              where of_line.order_id is not null and not exists (
                select from order_lines
                where (order_lines.order_id, order_lines.product_id, order_lines.quantity)
                      = (of_line.order_id, line.product_id, line.quantity)
              )
            )`,
  },
  {
    // That of an ordered basket is the user of its order.
    name: 'basket_has_user',
    isQuick: true,
    says: 'a basket that has not been ordered belongs to a user',
    sql: `select baskets.id as basket_id, user_id, status
          from baskets
          left join users on users.id = user_id
          where status <> 'ordered' and users.id is null`,
  },
  {
    name: 'holds_within_maximum',
    isQuick: true,
    says: 'no hold is longer than the maximum',
    sql: `select basket_id, product_id, pool_id, held_since, expires_at
          from stock_reservations
          where expires_at > held_since + ?::int * interval '1 second'`,
    bindings: [holdMaxSeconds],
  },
  {
    // Products with a pending refresh are listed again before the next list is read.
    name: 'listings_are_offers',
    says: 'the listings are the products that can be bought now, at their current prices',
    sql: `with offers as (
            select distinct on (product_id, currency) product_id, currency, products.name, amount
            from product_prices
            join products on products.id = product_id
            where enabled
              and effective_from <= statement_timestamp()
              and (select sum(on_hand - reserved) from stock_levels where product_id = products.id) > 0
            order by product_id, currency, effective_from desc, product_prices.id desc
          )
          select product_id, currency, offers.name, offers.amount, listings.name as listed_name,
                 listings.amount as listed_amount
          from offers
          full join listings using (product_id, currency)
          where (offers.name, offers.amount, ' ' || fold_name(offers.name))
                is distinct from (listings.name, listings.amount, folded_name)
            and not exists (
              select from listing_refreshes
              where listing_refreshes.product_id = coalesce(offers.product_id, listings.product_id)
                and due_at <= statement_timestamp()
            )`,
  },
  {
    name: 'listings_are_counted',
    isQuick: true,
    says: 'the stored count of each currency is the number of its listings',
    sql: `select currency, coalesce(listed.count, 0) as listed, coalesce(counted.sum, 0)::bigint as counted
          from (select currency, count(*) as count from listings group by currency) as listed
          full join (
            select currency, sum(delta) as sum from listing_counts group by currency
          ) as counted using (currency)
          where coalesce(listed.count, 0) <> coalesce(counted.sum, 0)`,
  },
  marksInvariant,
  {
    name: 'price_changes_are_scheduled',
    says: 'every scheduled price has a pending refresh at the time when it takes effect',
    sql: `select product_id, currency, id as price_id, effective_from
          from product_prices
          where effective_from > statement_timestamp()
            and not exists (
              select from listing_refreshes
              where listing_refreshes.product_id = product_prices.product_id and due_at = effective_from
            )`,
  },
  ...paymentInvariants,
]

export type Finding = {
  invariant: string
  says: string
  /** How many rows break the invariant. `rows` has the first of them. */
  count: number
  rows: Record<string, unknown>[]
}

const shownRows = 20

export type Audit = {checked: number; findings: Finding[]}

/** How many queries have been answered, of how many, and the invariant that the next one checks. */
export type AuditProgress = {done: number; total: number; next: string}

/** Checks every invariant in one snapshot, while the shop runs. Returns a finding for each one that is broken. */
export async function audit(
  db: Knex,
  settings: {holdMaxSeconds: number} = defaultHoldSettings,
  onProgress?: (progress: AuditProgress) => void,
): Promise<Audit> {
  return checkInSnapshot(db, invariantsOf(settings), onProgress)
}

/** The same with only those invariants that do not read the whole history. */
export async function quickAudit(db: Knex, settings: {holdMaxSeconds: number}): Promise<Audit> {
  return checkInSnapshot(
    db,
    invariantsOf(settings).filter(({isQuick}) => isQuick),
  )
}

async function checkInSnapshot(
  db: Knex,
  invariants: Invariant[],
  onProgress?: (progress: AuditProgress) => void,
): Promise<Audit> {
  const findings = await db.transaction(async (trx) => checkAll(trx, invariants, {onProgress}), {
    isolationLevel: 'repeatable read',
    readOnly: true,
  })
  return {checked: invariants.length, findings}
}

/** So few orders that PostgreSQL groups and joins their rows in memory, or nearly so. */
const ordersAtOnce = 200_000

type Step = {invariant: Invariant; scope: string}

type CheckOptions = {
  point?: AuditPoint | undefined
  onProgress?: ((progress: AuditProgress) => void) | undefined
  ordersAtOnce?: number
}

/**
 * Checks what is new since a point, or everything. What is true of each order is checked of some orders at a time: of a
 * hundred million lines at once, PostgreSQL would write tens of gigabytes of temporary files.
 */
export async function checkAll(
  trx: Knex.Transaction,
  invariants: Invariant[],
  {point, onProgress, ...options}: CheckOptions,
): Promise<Finding[]> {
  const steps = point ? stepsSince(invariants, point) : await allSteps(trx, invariants, options)
  const findings = new Map<string, Finding>()
  for (const [done, {invariant, scope}] of steps.entries()) {
    const {name, says, sql, bindings} = invariant
    onProgress?.({done, total: steps.length, next: name})
    const rows = await query<CountedRow>(
      trx,
      `${scope} select *, count(*) over () as "allRows" from (${sql}) as broken limit ${shownRows}`,
      bindings,
    )
    const [first] = rows
    if (!first) continue
    const earlier = findings.get(name) ?? {count: 0, rows: []}
    findings.set(name, {
      invariant: name,
      says,
      count: earlier.count + first.allRows,
      rows: [...earlier.rows, ...rows.map(withoutCount)].slice(0, shownRows),
    })
  }
  return invariants.flatMap(({name}) => findings.get(name) ?? [])
}

/** A row, and how many there are. */
type CountedRow = Record<string, unknown> & {allRows: number}

function withoutCount(row: CountedRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'allRows'))
}

function stepsSince(invariants: Invariant[], point: AuditPoint): Step[] {
  return invariants.map((invariant) => ({invariant, scope: invariant.scope ? scopeSince(invariant.scope, point) : ''}))
}

/** The invariants of some orders come one after the other, so that their rows are read from the disk once. */
async function allSteps(
  trx: Knex.Transaction,
  invariants: Invariant[],
  {ordersAtOnce: size = ordersAtOnce}: Pick<CheckOptions, 'ordersAtOnce'>,
): Promise<Step[]> {
  const steps: Step[] = []
  const ofOrders = invariants.filter(({scope}) => scope === 'order')
  // Together the ranges have all ids: lines and movements whose order is missing break invariants, too.
  let from = Number.MIN_SAFE_INTEGER
  let first = await firstOrderFrom(trx, from)
  while (from < Number.MAX_SAFE_INTEGER && ofOrders.length > 0) {
    const next = first === null ? null : await firstOrderFrom(trx, first + size)
    const to = next ?? Number.MAX_SAFE_INTEGER
    const scope = scopeOfOrders({from, to})
    steps.push(...ofOrders.map((invariant) => ({invariant, scope})))
    from = to
    first = next
  }
  const others = invariants.filter(({scope}) => scope !== 'order')
  return [...others.map((invariant) => ({invariant, scope: ''})), ...steps]
}

async function firstOrderFrom(trx: Knex.Transaction, id: number): Promise<number | null> {
  return onlyRow(await query<{id: number | null}>(trx, 'select min(id) as id from orders where id >= ?', [id])).id
}
