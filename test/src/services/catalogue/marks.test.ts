import test from 'ava'
import type {Knex} from 'knex'

import {down, up} from '../../../../migrations/20261130100000_listing_marks.ts'
import {onlyRow, query} from '../../../../src/db/query.ts'
import {listingStatement, type Slice} from '../../../../src/services/catalogue/listing-statement.ts'
import {deferListings, loadListings} from '../../../../src/services/catalogue/load-listings.ts'
import {createMarkKeeper, markListings} from '../../../../src/services/catalogue/marks.ts'
import {readListings} from '../../../../src/services/catalogue/read-listings.ts'
import {refreshAfterMany} from '../../../../src/services/catalogue/refresh.ts'
import {type Ordering, orderings} from '../../../../src/services/catalogue/sort.ts'
import {addPrice, auditListings, fillCatalogue, listAll, recompute} from '../../../helpers/catalogue.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {fc, sized} from '../../../helpers/tier.ts'

async function markAll(db: Knex, spacing: number): Promise<void> {
  let isMore = true
  while (isMore) isMore = await markListings(db, spacing)
}

/** Lists products with the ids from 1. */
async function fill(db: Knex, count: number): Promise<void> {
  await db.transaction(async (trx) => fillCatalogue(trx, count))
}

async function countMarks(db: Knex): Promise<number> {
  return onlyRow(await query<{count: number}>(db, 'select count(*) from listing_marks')).count
}

/** Returns the slices that are not the same with marks as without them. */
async function wrongSlices(db: Knex, offsets: number[], currency = 'USD'): Promise<unknown[]> {
  const wrong: unknown[] = []
  for (const order of orderings) {
    for (const isBackwards of [false, true]) {
      for (const offset of offsets) {
        const list = {currency, order, search: undefined}
        const slice = {limit: 3, offset, isBackwards}
        const expected = await readListings(db, list, slice)
        const marked = await readListings(db, list, {...slice, usesMarks: true})
        if (JSON.stringify(marked) !== JSON.stringify(expected)) wrong.push({order, ...slice, marked, expected})
      }
    }
  }
  return wrong
}

const id = fc.integer({min: 1, max: 60})
const change = fc.oneof(
  fc.record({kind: fc.constant('sell' as const), from: id, most: fc.integer({min: 1, max: 30})}),
  fc.record({kind: fc.constant('restock' as const), from: id, most: fc.integer({min: 1, max: 30})}),
  fc.record({kind: fc.constant('rename' as const), id, name: fc.constantFrom('', 'Aa', 'Rice', 'zz')}),
  fc.record({kind: fc.constant('reprice' as const), id, amount: fc.integer({min: 0, max: 9})}),
  fc.record({
    kind: fc.constant('add' as const),
    name: fc.constantFrom('Bb', 'Rice'),
    amount: fc.integer({min: 0, max: 9}),
  }),
  fc.record({kind: fc.constant('mark' as const), spacing: fc.integer({min: 1, max: 16})}),
  fc.record({kind: fc.constant('void' as const)}),
  fc.record({kind: fc.constant('refresh' as const)}),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

async function apply(db: Knex, step: Change): Promise<void> {
  switch (step.kind) {
    case 'sell':
      await db('stock_levels')
        .whereBetween('product_id', [step.from, step.from + step.most])
        .update({on_hand: 0})
      return
    case 'restock':
      await db('stock_levels')
        .whereBetween('product_id', [step.from, step.from + step.most])
        .update({on_hand: 5})
      return
    case 'rename':
      await db('products')
        .where({id: step.id})
        .update({name: `${step.name} ${step.id % 3}`})
      return
    case 'reprice':
      await addPrice(db, {productId: step.id, amount: step.amount})
      return
    case 'add':
      await addProduct(db, {name: step.name, price: step.amount})
      return
    case 'mark':
      await markListings(db, step.spacing)
      return
    case 'void':
      await db.raw(`insert into listing_changes (currency) values ('USD')`)
      return
    case 'refresh':
      await listAll(db)
  }
}

test('after any changes, pages are the same with marks as without them', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 60)
  await db.raw('alter sequence products_id_seq restart 1000')
  await markAll(db, 4)
  t.true((await countMarks(db)) > 20)
  let marked = 0

  const property = fc.asyncProperty(
    fc.array(change, {minLength: 1, maxLength: 8}),
    fc.array(fc.integer({min: 1, max: 70}), {minLength: 1, maxLength: 3}),
    async (changes, offsets) => {
      for (const step of changes) await apply(db, step)
      await listAll(db)
      t.deepEqual(await wrongSlices(db, offsets), [])
      t.deepEqual(await auditListings(db), [])
      if ((await countMarks(db)) > 5) marked++
      await db('stock_levels').where('product_id', '>', 1040).update({on_hand: 0})
    },
  )
  await fc.assert(property, {numRuns: sized(10, 150)})
  t.true(marked > 5)
})

test('a page is counted from the last mark before it', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 60)
  await markAll(db, 4)
  t.deepEqual(await wrongSlices(db, [13, 41, 59]), [])

  await db('listing_marks').increment('rows_before', 1)

  // Without marks: at the end of the list, where there is none before.
  t.is((await wrongSlices(db, [13, 41])).length, 24)
  t.like(await auditListings(db), {length: 1, 0: {invariant: 'listings_are_marked'}})
})

test('marks are made while a transaction that is not committed has added products', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 60)
  await markAll(db, 8)
  const one = await db.transaction()
  await addProduct(one, {id: 1000, name: 'Aa', price: 0})
  const other = await db.transaction()
  await addProduct(other, {id: 0, name: 'Mm', price: 5000})

  await addProduct(db, {id: 1001, name: 'Bb', price: 1})
  await markAll(db, 4)
  t.deepEqual(await wrongSlices(db, [10, 30, 50]), [])
  await one.commit()
  t.deepEqual(await wrongSlices(db, [10, 30, 50]), [])
  await markAll(db, 4)
  await other.commit()

  t.deepEqual(await wrongSlices(db, [10, 30, 50]), [])
  t.deepEqual(await auditListings(db), [])
})

test('in every snapshot, pages are the same with marks while sessions change, refresh and mark the listings', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 120)
  await db.raw('alter sequence products_id_seq restart 1000')
  await markAll(db, 4)
  const ids = async (trx: Knex, order: Ordering, slice: Slice) => {
    const {sql, bindings} = listingStatement({currency: 'USD', order, search: undefined}, slice)
    return (await query<{id: number}>(trx, sql, bindings)).map(({id}) => id)
  }
  const change = async (session: number) => {
    for (let n = 0; n < sized(8, 100); n++) {
      // Each session has products of its own, so that none waits for another.
      const from = 1 + session * 40 + ((n * 7) % 30)
      await db('stock_levels')
        .whereBetween('product_id', [from, from + 9])
        .update({on_hand: n % 2})
      await db.transaction(async (trx) => addProduct(trx, {name: `Mm ${n}`, price: (n * 700) % 10_000}))
      await listAll(db)
    }
  }
  let isRunning = true
  const running = Promise.all([0, 1, 2].map(change)).finally(() => {
    isRunning = false
  })
  const mark = async () => {
    while (isRunning) await markListings(db, 4)
  }
  const compare = async () => {
    let compared = 0
    for (; isRunning; compared++) {
      const order = orderings[compared % orderings.length] ?? 'name'
      await db.transaction(
        async (trx) => {
          for (const slice of [
            {limit: 3, offset: 30},
            {limit: 3, offset: 70, isBackwards: true},
          ]) {
            t.deepEqual(await ids(trx, order, {...slice, usesMarks: true}), await ids(trx, order, slice))
          }
        },
        {isolationLevel: 'repeatable read'},
      )
    }
    return compared
  }

  const [, , compared] = await Promise.all([running, mark(), compare()])

  t.true(compared >= orderings.length)
  await markAll(db, 4)
  t.deepEqual(await auditListings(db), [])
})

test('two sessions do not move the same changes', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 60)
  await markAll(db, 4)
  await db('stock_levels').where('product_id', '<', 20).update({on_hand: 0})
  await listAll(db)

  const one = await db.transaction()
  await markListings(one, 4)
  t.false(await markListings(db, 4))
  await one.commit()

  t.deepEqual(await wrongSlices(db, [10, 30]), [])
  t.is((await query(db, 'select from listing_changes')).length, 0)
})

test('marks follow the list when it shrinks and grows', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 400)
  await markAll(db, 16)
  const full = await countMarks(db)
  t.is(full, 3 * 24)

  await db('stock_levels').where('product_id', '>', 10).update({on_hand: 0})
  await listAll(db)
  await markAll(db, 16)
  t.true((await countMarks(db)) < full / 3)
  await db('stock_levels').update({on_hand: 5})
  await listAll(db)
  await markAll(db, 16)

  t.true((await countMarks(db)) > full / 2)
  t.deepEqual(await wrongSlices(db, [5, 100, 200, 395]), [])
  t.deepEqual(await auditListings(db), [])
})

test('the keeper makes marks, and makes them anew after a load and after very many changes', async (t) => {
  const {db} = await createDatabase(t)
  const keep = createMarkKeeper(db)
  await keep()
  t.is(await countMarks(db), 0)
  const isVoid = async () => (await query(db, 'select from listing_changes where delta is null')).length > 0

  await db.transaction(async (trx) => {
    await deferListings(trx)
    await fillCatalogue(trx, 10_000)
    await loadListings(trx, {added: 'select id from products', changed: 'select 0 limit 0'})
  })
  t.true(await isVoid())
  t.deepEqual(await wrongSlices(db, [5000]), [])
  await keep()
  t.false(await isVoid())
  t.is(await countMarks(db), 3 * 2)
  t.deepEqual(await wrongSlices(db, [5000]), [])

  await db('product_prices').increment('amount', 5)
  await refreshAfterMany(db, {fewest: 1})
  t.true(await isVoid())
  t.deepEqual(await wrongSlices(db, [5000]), [])
  await keep()
  t.false(await isVoid())
  t.deepEqual(await wrongSlices(db, [5000]), [])

  await db('stock_levels').where('product_id', '<=', 1500).update({on_hand: 0})
  await listAll(db)
  t.deepEqual(await wrongSlices(db, [4400]), [])
  await keep()
  t.is((await query(db, 'select from listing_changes')).length, 0)
  t.deepEqual(await wrongSlices(db, [4400]), [])
  t.deepEqual(await auditListings(db), [])
})

test('truncating the products removes the marks', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 60)
  await markAll(db, 4)
  await db.raw('truncate products cascade')
  t.is(await countMarks(db), 0)

  await fill(db, 30)
  t.deepEqual(await wrongSlices(db, [7, 20]), [])
  t.deepEqual(await auditListings(db), [])
})

test('down and up in a shop with products, where the previous version refreshes the listings', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db, 60)
  await markAll(db, 4)

  await down(db)
  await db('stock_levels').where('product_id', '<', 20).update({on_hand: 0})
  await query(db, 'select refresh_listings(500)')
  await up(db)
  t.is(await countMarks(db), 0)
  t.deepEqual(await wrongSlices(db, [10, 30]), [])
  await markAll(db, 4)
  // As the version before pieces did.
  await db('stock_levels').where('product_id', '<', 30).update({on_hand: 5})
  await query(db, 'select refresh_listings()')

  t.deepEqual(await wrongSlices(db, [10, 30]), [])
  t.deepEqual(await listAll(db), await recompute(db))
  t.deepEqual(await auditListings(db), [])
})
