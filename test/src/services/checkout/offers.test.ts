import test from 'ava'

import {runPipelined} from '../../../../src/db/pipeline/run-pipelined.ts'
import {readOffersWithBaskets} from '../../../../src/services/checkout/offers.ts'
import {newChange} from '../../../../src/services/checkout/jobs.ts'
import {codeOf, decideJobs} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser} from '../../../helpers/shop.ts'

test('an offer is read once, however many baskets have its product and its currency', async (t) => {
  const {db} = await createDatabase(t)
  const [rice, tea] = [await addProduct(db, {stock: 10}), await addProduct(db, {stock: 10})]
  for (const productId of [rice, tea]) {
    await db('product_prices').insert({product_id: productId, currency: 'EUR', amount: 900})
  }
  const users = await Promise.all([addUser(db), addUser(db), addUser(db)])
  const [anna, ben, cleo] = users
  const put = (userId: number, productId: number, currency: 'EUR' | 'USD') =>
    newChange({userId, change: {kind: 'set', item: {productId, quantity: 1}}, currency})
  const outcomes = await decideJobs(db, [
    ...[put(anna, rice, 'USD'), put(ben, rice, 'USD'), put(ben, tea, 'USD')],
    ...[put(cleo, rice, 'EUR'), put(cleo, tea, 'EUR')],
  ])
  t.deepEqual(new Set(outcomes.map(codeOf)), new Set(['changed']))

  const read = await runPipelined(db, {lockMs: 1000}, async (trx) =>
    readOffersWithBaskets(trx, {productIds: [rice], userIds: users, wholeUserIds: users}, ['USD']),
  )

  const offers = read.map(({productId, currency}) => `${productId} ${currency}`)
  t.deepEqual(offers.sort(), [`${rice} EUR`, `${rice} USD`, `${tea} EUR`, `${tea} USD`].sort())
})
