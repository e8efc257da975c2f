import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {query} from '../../../../src/db/query.ts'
import {type List, listingStatement, type Slice} from '../../../../src/services/catalogue/listing-statement.ts'
import {type Ordering, orderings, type Place} from '../../../../src/services/catalogue/sort.ts'
import {markListings} from '../../../../src/services/catalogue/marks.ts'
import {prepareSearch} from '../../../../src/services/catalogue/search.ts'
import {historyStatement} from '../../../../src/services/orders/history.ts'
import {summariesStatement} from '../../../../src/services/baskets/list.ts'
import {levelsStatement} from '../../../../src/services/baskets/release.ts'
import {stockStatement} from '../../../../src/services/products/product-record.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {sized} from '../../../helpers/tier.ts'

const rows = sized(100_000, 1_000_000)
const middle = rows / 2

/** Fills the tables for the planner. Only its statistics count, so the rows need not make sense otherwise. */
async function fill(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    // Turns triggers and foreign keys off: a million checks would take longer than everything else.
    await trx.raw('set local session_replication_role = replica')
    await trx.raw(`set local maintenance_work_mem = '256MB'`)
    const indexes = await query<{name: string; definition: string}>(
      trx,
      `select indexrelid::regclass as name, pg_get_indexdef(indexrelid) as definition
       from pg_index
       where indrelid = 'listings'::regclass and not indisprimary`,
    )
    await trx.raw(`drop index ${indexes.map(({name}) => name).join(', ')}`)
    await trx.raw(
      `insert into listings (currency, product_id, name, folded_name, amount)
       select case when n % 100 = 0 then 'EUR' else 'USD' end, n, 'Tea ' || to_hex(n), ' tea ' || to_hex(n), n % 1000
       from generate_series(1, ?::bigint) as n`,
      [rows],
    )
    await trx.raw(
      'insert into listing_counts (currency, delta) select currency, count(*) from listings group by currency',
    )
    for (const {definition} of indexes) await trx.raw(definition)
    await trx.raw(
      'insert into stock_levels (product_id, pool_id, on_hand) select n, 1, 5 from generate_series(1, ?::bigint) as n',
      [rows],
    )
    await trx.raw(
      `insert into orders (user_id, currency, total, created_at)
       select n % 1000, 'USD', 1, now() - n * interval '1 second' from generate_series(1, ?::bigint) as n`,
      [rows],
    )
  })
  await db.raw('analyze listings, stock_levels, orders')
  let isMore = true
  while (isMore) isMore = await markListings(db)
  await db.raw('analyze listing_marks')
}

type Plan = {'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; 'Plan Rows': number; Plans?: Plan[]}

/** Returns the plan for the given values, or the generic plan that a connection keeps for a prepared statement. */
async function explain(
  db: Knex,
  {sql, bindings}: {sql: string; bindings: readonly unknown[]},
  {isGeneric = false} = {},
): Promise<Plan[]> {
  const native = db
    .raw(sql, bindings as Knex.RawBinding[])
    .toSQL()
    .toNative().sql
  const rows = isGeneric
    ? await query<{'QUERY PLAN': {Plan: Plan}[]}>(db, `explain (generic_plan, format json) ${native}`)
    : await query<{'QUERY PLAN': {Plan: Plan}[]}>(db, `explain (format json) ${sql}`, bindings)
  const flatten = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flatten)]
  return rows.flatMap((row) => row['QUERY PLAN'].flatMap((statement) => flatten(statement.Plan)))
}

/** Asserts that large tables are read only by these indexes, and that nothing large is sorted. */
function usesOnly(t: ExecutionContext, plans: Plan[], indexes: string[], about: string): void {
  t.deepEqual(indexesOf(plans), indexes.sort(), about)
  readsNothingWhole(t, plans, about)
}

function indexesOf(plans: Plan[]): string[] {
  const small = ['listing_refreshes_due_idx', 'listing_marks_pkey', 'order_lines_pkey']
  const used = plans.flatMap((plan) => plan['Index Name'] ?? [])
  return [...new Set(used)].filter((index) => !small.includes(index)).sort()
}

function readsNothingWhole(t: ExecutionContext, plans: Plan[], about: string): void {
  const scans = plans
    .filter((plan) => plan['Node Type'].includes('Seq Scan'))
    .map((plan) => plan['Relation Name'] ?? '')
  t.deepEqual(
    scans.filter((table) => ['listings', 'stock_levels', 'orders'].includes(table)),
    [],
    about,
  )
  t.true(
    plans.filter((plan) => plan['Node Type'].includes('Sort')).every((plan) => plan['Plan Rows'] < rows / 20),
    about,
  )
}

const places: Record<Ordering, Place> = {
  name: [`Tea ${middle.toString(16)}`, middle],
  '-name': [`Tea ${middle.toString(16)}`, middle],
  price: [500, middle],
  '-price': [500, middle],
  id: [middle],
  '-id': [middle],
}

test(`on ${rows} rows, every list, walk, search and history page uses its index`, async (t) => {
  const {db} = await createDatabase(t)
  await fill(db)

  const indexOf = (order: string) =>
    order.includes('id') ? 'listings_pkey' : order.includes('price') ? 'listings_amount_idx' : 'listings_name_idx'
  for (const order of orderings) {
    const beyond = places[order]
    const slices: Slice[] = [{limit: 20}]
    for (const isBackwards of [false, true]) slices.push({limit: 21, isBackwards}, {limit: 21, beyond, isBackwards})
    const deep = listingStatement({currency: 'USD', order, search: undefined}, {limit: 20, offset: 0.4 * rows})
    usesOnly(t, await explain(db, deep), [indexOf(order), 'stock_levels_pkey'], `deep by ${order}`)
    for (const isBackwards of [false, true]) {
      const slice = {limit: 20, offset: 0.4 * rows, usesMarks: true, isBackwards}
      const marked = await explain(db, listingStatement({currency: 'USD', order, search: undefined}, slice))
      usesOnly(t, marked, [indexOf(order), 'stock_levels_pkey'], `by marks, ${order} ${isBackwards}`)
    }
    for (const slice of slices) {
      for (const currency of ['USD', 'EUR']) {
        const list: List = {currency, order, search: undefined}
        const about = JSON.stringify({...list, ...slice})
        const statement = listingStatement(list, slice)
        const indexes = [indexOf(order), 'stock_levels_pkey']
        usesOnly(t, await explain(db, statement), indexes, about)
        usesOnly(t, await explain(db, statement, {isGeneric: true}), indexes, about)
      }
    }
  }

  // With thousands of matches, the planner may also walk the index of an order, depending on its sample.
  for (const order of ['match', 'name', '-price'] as const) {
    const list: List = {currency: 'USD', order, search: await prepareSearch(db, '7a')}
    const plans = await explain(db, listingStatement(list, {limit: 20}))
    t.true(indexesOf(plans).includes('listings_folded_name_idx'), `7a by ${order}`)
    readsNothingWhole(t, plans, `7a by ${order}`)
  }
  for (const text of ['7a12', 'tea 3d09']) {
    const search = await prepareSearch(db, text)
    for (const order of ['match', 'name', '-price'] as const) {
      const list: List = {currency: 'USD', order, search}
      const indexes = ['listings_folded_name_idx', 'stock_levels_pkey']
      usesOnly(t, await explain(db, listingStatement(list, {limit: 20})), indexes, `${text} by ${order}`)
    }
    const beyond = [2, 10, `Tea ${middle.toString(16)}`, middle]
    const statement = listingStatement({currency: 'USD', order: 'match', search}, {limit: 21, beyond})
    usesOnly(t, await explain(db, statement), ['listings_folded_name_idx', 'stock_levels_pkey'], `${text} beyond`)
  }

  for (const [offset, indexes] of [
    [0, ['orders_history_idx']],
    [40, ['orders_history_idx', 'orders_pkey']],
    [160, ['orders_history_idx', 'orders_pkey']],
  ] as const) {
    const history = historyStatement({userId: 7, pageSize: 20, offset, count: 200})
    usesOnly(t, await explain(db, history), [...indexes], `history from ${offset}`)
  }

  for (const text of ['tea', 'a', '7a', 'tea 7a']) {
    const list: List = {currency: 'USD', order: 'broad', search: await prepareSearch(db, text)}
    for (const slice of [{limit: 20}, {limit: 21, beyond: [2, 9, middle]}, {limit: 21, isBackwards: true}]) {
      const plans = await explain(db, listingStatement(list, slice, {count: 10_001}))
      t.true(indexesOf(plans).includes('listings_length_idx'), `${text} in tiers`)
    }
  }
})

/** A basket with one line for each user, all of which hold stock. Few holds have expired. */
async function fillBaskets(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.raw('set local session_replication_role = replica')
    await trx.raw(
      `insert into stock_levels (product_id, pool_id, on_hand)
       select n, 1, 5 from generate_series(1, ?::bigint / 100) as n`,
      [rows],
    )
    await trx.raw(`insert into baskets (user_id, currency) select n, 'USD' from generate_series(1, ?::bigint) as n`, [
      rows,
    ])
    await trx.raw(
      `insert into basket_lines (basket_id, product_id, quantity, seen_price)
       select id, 1 + id % (?::bigint / 100), 1, 1 from baskets`,
      [rows],
    )
    await trx.raw(
      `insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
       select basket_id, product_id, 1, 1, now(),
              now() + case basket_id % 1000 when 0 then '-1 second' else '1 hour' end::interval
       from basket_lines`,
    )
  })
  await db.raw('analyze baskets, basket_lines, stock_levels, stock_reservations')
}

test(`with ${rows} baskets, what operators ask for reads lines and holds by their indexes`, async (t) => {
  const {db} = await createDatabase(t)
  await fillBaskets(db)
  const holdIndexesOf = async (statement: {sql: string; bindings: readonly unknown[]}) => {
    const plans = await explain(db, statement)
    const scanned = plans.filter((plan) => plan['Node Type'].includes('Seq Scan')).map((plan) => plan['Relation Name'])
    t.deepEqual(
      scanned.filter((table) => table === 'basket_lines' || table === 'stock_reservations'),
      [],
      'lines and holds are not read whole',
    )
    return indexesOf(plans).filter((index) => /^(baskets?|stock_reservations)_/.test(index))
  }
  const start = {product_id: 0, pool_id: 0}
  const page = {limit: 20, offset: 0}

  const ofProduct = levelsStatement({productId: 7}, start)
  const ofBasket = levelsStatement({basketId: 7}, start)
  const expired = levelsStatement({expired: true}, start)
  t.deepEqual(await holdIndexesOf(ofProduct), ['stock_reservations_level_idx'])
  t.deepEqual(await holdIndexesOf(ofBasket), ['stock_reservations_pkey'])
  t.deepEqual(await holdIndexesOf(expired), ['stock_reservations_expiry_idx'])
  t.deepEqual(await holdIndexesOf({sql: stockStatement, bindings: [7]}), ['stock_reservations_level_idx'])
  t.deepEqual(await holdIndexesOf(summariesStatement({}, page)), ['basket_lines_pkey', 'stock_reservations_pkey'])
  t.deepEqual(await holdIndexesOf(summariesStatement({userId: 7}, page)), [
    'basket_lines_pkey',
    'baskets_current_key',
    'stock_reservations_pkey',
  ])
})
