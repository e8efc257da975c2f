import test from 'ava'

import type {Basket} from '../../../../src/services/baskets/basket.ts'
import {emptyBasket, readBasket} from '../../../../src/services/baskets/basket.ts'
import type {Change} from '../../../../src/services/checkout/jobs.ts'
import {change, checkout, decideJobs, expireHolds} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addStock, addUser} from '../../../helpers/shop.ts'
import {fc, seed, sized} from '../../../helpers/tier.ts'

const products = [0, 1, 2, 3]
const quantity = fc.integer({min: 1, max: 6})
const item = fc.record({product: fc.constantFrom(...products), quantity})

const step = fc
  .record({
    user: fc.constantFrom(0, 1),
    what: fc.constantFrom('set', 'set', 'set', 'remove', 'clear', 'hold', 'checkout'),
  })
  .chain((step) => item.map((item) => ({...step, ...item})))

const batch = fc.record({
  steps: fc.array(step, {minLength: 1, maxLength: 6}),
  before: fc.constantFrom('nothing', 'expire', 'disable', 'reprice', 'limit'),
})

test('the answer to a change shows the basket as a read shows it afterwards', async (t) => {
  t.log(`TEST_SEED=${seed}`)
  await fc.assert(
    fc.asyncProperty(fc.array(batch, {minLength: 1, maxLength: 12}), async (batches) => {
      const {db} = await createDatabase(t)
      const users = [await addUser(db), await addUser(db)]
      const productIds = await Promise.all(products.map(async () => addProduct(db, {stock: 5})))
      await db('stock_pools').insert({id: 2, name: 'second'})
      for (const productId of productIds.slice(0, 2)) await addStock(db, {productId, poolId: 2, quantity: 3})

      for (const {steps, before} of batches) {
        const productId = productIds[steps[0]?.product ?? 0] ?? 0
        if (before === 'expire')
          for (const basket of await db<{id: number}>('baskets')) await expireHolds(db, basket.id)
        if (before === 'disable') await db('products').where({id: productId}).update({enabled: false})
        if (before === 'reprice') await db('product_prices').where({product_id: productId}).increment('amount', 7)
        if (before === 'limit') await db('products').where({id: productId}).update({max_per_order: 2})

        const jobs = steps.map(({user, what, product, quantity}) => {
          const [userId = 0, productId = 0] = [users[user], productIds[product]]
          if (what === 'checkout') return checkout(userId)
          const changes: Record<typeof what, Change> = {
            clear: {kind: 'clear'},
            hold: {kind: 'hold'},
            remove: {kind: 'remove', productId},
            set: {kind: 'set', item: {productId, quantity}},
          }
          return change(userId, changes[what])
        })
        const outcomes = await decideJobs(db, jobs)

        const read = new Map<number, Basket>()
        for (const userId of users) read.set(userId, await readBasket(db, {userId, currency: 'USD'}))
        for (const [index, outcome] of outcomes.entries()) {
          if (outcome.status !== 'changed') continue
          t.deepEqual(outcome.basket ?? emptyBasket('USD'), read.get(jobs[index]?.userId ?? 0))
        }
      }
    }),
    {numRuns: sized(25, 250)},
  )
})
