import test, {type ExecutionContext} from 'ava'

import {setPrice} from '../../src/services/products/prices.ts'
import {change, checkout, decideJobs} from '../helpers/baskets.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'
import {enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'

/** A basket with two lines. The hold of the second one has expired, and both have problems. */
async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const matt = await addUser(db, 'matt')
  await addProduct(db, {id: 6, name: 'Rice\u001b[2J', price: 1250})
  await addProduct(db, {id: 7, name: 'Tea', price: 99, stock: 3})
  const items = [
    {productId: 6, quantity: 2},
    {productId: 7, quantity: 3},
  ]
  await decideJobs(db, [change(matt, {kind: 'add', items})])
  await setPrice(db, {productId: 6, currency: 'USD', amount: 1300})
  await db('products').where({id: 7}).update({max_per_order: 2})
  const heldSince = '2026-04-18T19:00:00Z'
  await db('stock_reservations').update({held_since: heldSince, expires_at: '2999-04-18T19:07:52Z'})
  await db('stock_reservations').where({product_id: 7}).update({expires_at: '2026-04-18T19:07:52Z'})
  await db('baskets').update({created_at: heldSince, updated_at: heldSince})
  return {db, matt, env: {DATABASE_URL: url}}
}

test('shows the lines with their problems, and the holds of each stock pool', async (t) => {
  const {env} = await setUp(t)

  const {exitCode, stdout, stderr} = await runShop(['show-basket', '1'], {env})

  t.deepEqual([exitCode, stderr], [0, ''])
  t.deepEqual(
    stdout.split('\n').filter((line) => !/^[┌├└]/.test(line)),
    [
      'Basket 1 of matt, changed 2026-04-18 19:00:00 UTC: 28.97 USD, open.',
      '│ ID │ Product       │ Price │ Quantity │ Total │ Held │ Problems            │',
      '│  6 │ Rice\\u001b[2J │ 13.00 │        2 │ 26.00 │    2 │ price was 12.50     │',
      '│  7 │ Tea           │  0.99 │        3 │  2.97 │    0 │ at most 2 per order │',
      '│    │               │       │          │       │      │ not held            │',
      '│ Product │ Pool    │ Units │ Held since (UTC)    │ Expires (UTC)       │ Status  │',
      '│       6 │ default │     2 │ 2026-04-18 19:00:00 │ 2999-04-18 19:07:52 │ held    │',
      '│       7 │ default │     3 │ 2026-04-18 19:00:00 │ 2026-04-18 19:07:52 │ expired │',
      '',
    ],
  )
})

test('--json has the same facts', async (t) => {
  const {env} = await setUp(t)

  const {exitCode, stdout} = await runShop(['show-basket', '1', '--json'], {env})

  t.is(exitCode, 0)
  const time = '2026-04-18T19:00:00.000000Z'
  t.deepEqual(JSON.parse(stdout), {
    id: 1,
    user: 'matt',
    status: 'open',
    order_id: null,
    currency: 'USD',
    total: '28.97',
    created_at: time,
    updated_at: time,
    items: [
      {
        product_id: 6,
        name: 'Rice\u001b[2J',
        quantity: 2,
        price: '13.00',
        line_total: '26.00',
        held: 2,
        held_until: '2999-04-18T19:07:52.000000Z',
        problems: [{code: 'price_changed', was: '12.50'}],
      },
      {
        product_id: 7,
        name: 'Tea',
        quantity: 3,
        price: '0.99',
        line_total: '2.97',
        held: 0,
        held_until: null,
        problems: [{code: 'quantity_limit', max: 2}, {code: 'not_held'}],
      },
    ],
    holds: [
      {
        product_id: 6,
        pool: 'default',
        quantity: 2,
        held_since: time,
        expires_at: '2999-04-18T19:07:52.000000Z',
        is_expired: false,
      },
      {
        product_id: 7,
        pool: 'default',
        quantity: 3,
        held_since: time,
        expires_at: '2026-04-18T19:07:52.000000Z',
        is_expired: true,
      },
    ],
  })
})

test('a basket that was ordered names its order, and holds nothing', async (t) => {
  const {db, matt, env} = await setUp(t)
  await db('products').update({max_per_order: null})
  await decideJobs(db, [checkout(matt)])

  const {stdout} = await runShop(['show-basket', '1'], {env})
  const json = await runShop(['show-basket', '1', '--json'], {env})

  t.regex(stdout, /^Basket 1 of matt, changed .* UTC: 28\.97 USD, ordered as order 1\.\n/)
  t.notRegex(stdout, /Held since/)
  t.like(JSON.parse(json.stdout), {status: 'ordered', order_id: 1, holds: []})
})

test('an unknown basket is refused; a missing or invalid id is wrong usage', async (t) => {
  const {url} = await createDatabase(t)

  const unknown = await runShop(['show-basket', '7'], {env: {DATABASE_URL: url}})
  const json = await runShop(['show-basket', '7', '--json'], {env: {DATABASE_URL: url}})
  const wrong = await runShop(['show-basket', 'x'])
  const none = await runShop(['show-basket'], {input: '7\n'})

  t.is(unknown.exitCode, 1)
  t.is(unknown.stderr, 'Error: There is no basket 7.\nTo see the baskets, run: shop list-baskets\n')
  t.is(JSON.parse(json.stdout).error.code, 'unknown_basket')
  t.deepEqual([wrong.exitCode, none.exitCode], [2, 2])
  t.regex(wrong.stderr, /"x" is not a valid id/)
  t.regex(none.stderr, /ID/)
})

const inTerminal = hasTerminal ? test : test.skip

inTerminal('in a terminal, asks for a missing id', async (t) => {
  const {env} = await setUp(t)

  const terminal = openTerminal(t, ['show-basket'], env)
  await terminal.see('Basket id')
  terminal.type(`1${enter}`)
  await terminal.see('Basket 1 of matt')

  t.is(await terminal.exitCode, 0)
})

inTerminal('in a narrow terminal, the items and the holds have a heading', async (t) => {
  const {env} = await setUp(t)

  const terminal = openTerminal(t, ['show-basket', '1'], env, {columns: 60})
  t.is(await terminal.exitCode, 0)

  const shown = terminal.shown().replaceAll('\r', '')
  t.regex(shown, /open\.\nItems:\n\nID: 6\n/)
  t.regex(shown, /\n {2}not held\n\nHolds:\n\nProduct: 6\nPool: default\n/)
  t.notRegex(shown, /Problems: *\n/)
})
