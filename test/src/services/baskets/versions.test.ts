import test from 'ava'

import {BasketChangedError, InvalidOrderError} from '../../../../src/errors.ts'
import {readBasket} from '../../../../src/services/baskets/basket.ts'
import {newChange} from '../../../../src/services/checkout/jobs.ts'
import {basketOf, change, checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser} from '../../../helpers/shop.ts'

test('a change or a checkout for another version is refused, alone and in a batch', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db)]
  const versions = [(await readBasket(db, {userId: anna, currency: 'USD'})).version]
  const set = (ifVersions: string[]) => ({...setItem(anna, productId, versions.length), ifVersions})
  for (let n = 0; n < 2; n++) {
    const [outcome] = await decideJobs(db, [set(['9-9', ...versions.slice(-1)])])
    versions.push(basketOf(outcome)?.version ?? '')
  }
  t.is(new Set(versions).size, 3)
  const [none = '', first = '', second = ''] = versions

  for (const stale of [[], [none], [first], [none, first]]) {
    const jobs = [
      set(stale),
      {...change(anna, {kind: 'clear'}), ifVersions: stale},
      checkout(anna, {ifVersions: stale}),
    ]
    for (const job of jobs) t.is(codeOf((await decideJobs(db, [job]))[0]), 'basket_changed')
    t.deepEqual((await decideJobs(db, jobs)).map(codeOf), ['basket_changed', 'basket_changed', 'basket_changed'])
  }
  t.is(codeOf((await decideJobs(db, [checkout(anna, {ifVersions: [second]})]))[0]), 'placed')
})

test("the version of an ordered basket is not that of the user's next one", async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db)]
  const old = basketOf((await decideJobs(db, [setItem(anna, productId, 1)]))[0])
  await decideJobs(db, [checkout(anna)])
  const now = basketOf((await decideJobs(db, [setItem(anna, productId, 1)]))[0])

  const ifVersions = [old?.version ?? '']
  const [late] = await decideJobs(db, [{...setItem(anna, productId, 5), ifVersions}])

  t.deepEqual([old?.version, now?.version], [`${old?.id}-1`, `${now?.id}-1`])
  t.true(late?.status === 'refused' && late.error instanceof BasketChangedError)
})

test('a basket that was opened for a refused change still has the version of none', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 1})]
  t.is(codeOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0]), 'out_of_stock')

  const [outcome] = await decideJobs(db, [{...setItem(anna, productId, 1), ifVersions: ['0']}])

  t.is(codeOf(outcome), 'changed')
})

test('an addition without items, of too many, or of a product twice is refused, and so is a quantity below 1', (t) => {
  const refuses = (change: Parameters<typeof newChange>[0]['change'], message: string) => {
    t.throws(() => newChange({userId: 1, currency: 'USD', change, maxItems: 2}), {
      instanceOf: InvalidOrderError,
      message,
    })
  }
  const items = (...ids: number[]) => ids.map((productId) => ({productId, quantity: 1}))
  refuses({kind: 'add', items: []}, 'At least one product should be in an order.')
  refuses({kind: 'add', items: items(1, 2, 3)}, 'An order may have at most 2 items, not 3.')
  refuses({kind: 'add', items: items(1, 1)}, 'Duplicate product specified in the same order.')
  const tooSmall = 'Ensure this value is greater than or equal to 1.'
  refuses({kind: 'add', items: [{productId: 1, quantity: 0}]}, tooSmall)
  refuses({kind: 'set', item: {productId: 1, quantity: -1}}, tooSmall)
})
