import test from 'ava'

import {InvalidFixtureError} from '../../../../../src/errors.ts'
import {createDatabase} from '../../../../helpers/database.ts'
import {contents, load} from '../../../../helpers/fixtures.ts'

const token = 'a'.repeat(40)
const there = {
  users: [
    {id: 1, username: 'anna', password_hash: '!'},
    {id: 2, username: 'ben', password_hash: '!', tokens: [token]},
  ],
  products: [
    {id: 1, name: 'Rice', prices: [{id: 1, amount: '1', effective_from: '2020-01-01'}]},
    {id: 2, name: 'Tea'},
    {id: 3, name: 'Tea'},
  ],
  orders: [{id: 1, user: 'anna', created_at: '2020-01-01', lines: []}],
}

const conflicts = test.macro<[object, string, RegExp]>({
  async exec(t, fixture, record, reason) {
    const {db} = await createDatabase(t)
    await load(db, there)
    const before = await contents(db)

    const {problems} = await t.throwsAsync(load(db, {products: [{name: 'New'}], ...fixture}), {
      instanceOf: InvalidFixtureError,
    })

    t.deepEqual(
      problems.map((problem) => problem.record),
      [record],
    )
    t.regex(problems[0]?.reason ?? '', reason)
    t.deepEqual(await contents(db), before)
  },
  title: (title = '') => `refuses ${title}`,
})

const [anna, ben] = there.users
const order = {...there.orders[0], user: 'anna'}

test(
  "another user's id",
  conflicts,
  {users: [{...anna, username: 'carl'}]},
  'users[0]',
  /another user with id 1: "anna"/,
)
test(
  'a username that the shop has under another id',
  conflicts,
  {users: [{...anna, id: 9}]},
  'users[0]',
  /"anna" under another id: 1/,
)
test(
  "another product's id",
  conflicts,
  {products: [{id: 1, name: 'Oats'}]},
  'products[0]',
  /another product with id 1: "Rice"/,
)
test(
  'a product name that two products have',
  conflicts,
  {products: [{name: 'Tea'}]},
  'products[0]',
  /2 products named "Tea"/,
)
test(
  "another user's token",
  conflicts,
  {users: [{...anna, tokens: [token]}]},
  'users[0].tokens[0]',
  /token for a different user/,
)
test(
  "another price's id",
  conflicts,
  {products: [{id: 1, name: 'Rice', prices: [{id: 1, amount: '2', effective_from: '2020-01-01'}]}]},
  'products[0].prices[0]',
  /another price with id 1: 1.00 USD for product 1/,
)
test(
  "the id of another user's order",
  conflicts,
  {users: [ben], orders: [{...order, user: 'ben'}]},
  'orders[0]',
  /another order with id 1, placed at 2020-01-01/,
)
test(
  "another order's id",
  conflicts,
  {users: [anna], orders: [{...order, created_at: '2020-01-02'}]},
  'orders[0]',
  /another order with id 1, placed at 2020-01-01/,
)
