import test from 'ava'
import type {Knex} from 'knex'

import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {addPrice, auditListings, listAll, recompute} from '../../../helpers/catalogue.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {fc, sized} from '../../../helpers/tier.ts'

const product = fc.integer({min: 1, max: 4})
const pool = fc.integer({min: 1, max: 2})
const currency = fc.constantFrom('EUR', 'USD')
const amount = fc.integer({min: 0, max: 3})
const time = fc.constantFrom('2020-01-01', '2024-01-01', '2999-01-01')

const change = fc.oneof(
  fc.record({kind: fc.constant('add' as const), product, enabled: fc.boolean()}),
  fc.record({kind: fc.constant('edit' as const), product, enabled: fc.boolean(), name: fc.constantFrom('Rice', 'Tea')}),
  fc.record({
    kind: fc.constant('stock' as const),
    product,
    pool,
    onHand: fc.integer({min: 0, max: 2}),
    isReserved: fc.boolean(),
  }),
  fc.record({kind: fc.constant('clear' as const), product}),
  fc.record({kind: fc.constant('move' as const), product, other: product}),
  fc.record({kind: fc.constant('price' as const), product, currency, amount, time}),
  fc.record({kind: fc.constant('reprice' as const), product, currency, amount, time}),
  fc.record({kind: fc.constant('unprice' as const), product, currency}),
  fc.record({kind: fc.constant('delete' as const), product}),
  fc.record({kind: fc.constant('list' as const), product}),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** Does nothing if the product of the change does not exist. */
async function apply(db: Knex, step: Change): Promise<void> {
  const where = {product_id: step.product}
  const isThere = (await db('products').where({id: step.product})).length > 0
  switch (step.kind) {
    case 'add':
      await db('products').insert({id: step.product, name: 'Salt', enabled: step.enabled}).onConflict().ignore()
      return
    case 'edit':
      await db('products').where({id: step.product}).update({name: step.name, enabled: step.enabled})
      return
    case 'stock': {
      const level = {...where, pool_id: step.pool, on_hand: step.onHand, reserved: step.isReserved ? step.onHand : 0}
      if (isThere) await db('stock_levels').insert(level).onConflict(['product_id', 'pool_id']).merge()
      return
    }
    case 'clear':
      await db('stock_levels').where(where).delete()
      return
    case 'move':
      if (isThere) await db('product_prices').where({product_id: step.other}).update(where)
      return
    case 'price':
      if (isThere) await addPrice(db, {productId: step.product, ...step, effectiveFrom: step.time})
      return
    case 'reprice':
      await db('product_prices')
        .where({...where, currency: step.currency})
        .update({amount: step.amount, effective_from: step.time})
      return
    case 'unprice':
      await db('product_prices')
        .where({...where, currency: step.currency})
        .delete()
      return
    case 'delete':
      await db('stock_levels').where(where).delete()
      await db('products').where({id: step.product}).delete()
      return
    case 'list':
      await listAll(db)
  }
}

test('after any changes, in one transaction or in many, the list agrees with the tables', async (t) => {
  const {db} = await createDatabase(t)
  await createPool(db, 'east')
  const changes = fc.array(change, {minLength: 1, maxLength: 15})

  const property = fc.asyncProperty(changes, changes, async (single, together) => {
    await db.raw('truncate products cascade')
    for (const step of single) await apply(db, step)
    await db.transaction(async (trx) => {
      for (const step of together) await apply(trx, step)
    })
    for (const currency of ['EUR', 'USD']) {
      const expected = await recompute(db, currency)
      t.deepEqual(await listAll(db, currency), expected)
      t.is((await listProducts(db, {page: 1, pageSize: 20, currency})).count, expected.length)
    }
    t.deepEqual(await auditListings(db), [])
  })
  await fc.assert(property, {numRuns: sized(40, 400)})
})
