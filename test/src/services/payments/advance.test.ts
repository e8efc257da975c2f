import test from 'ava'

import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {newOrder} from '../../../../src/services/checkout/new-order.ts'
import {basketOf, checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createPaidShop} from '../../../helpers/payments.ts'
import {stockOf} from '../../../helpers/shop.ts'

test('an order that is paid', async (t) => {
  const {db, anna, productId, charge, pay} = await createPaidShop(t)

  const order = newOrder({userId: anna, currency: 'USD', items: [{productId, quantity: 2}], charge: await charge('ok')})
  const {order: placed} = await placeOrder(db, order)
  t.like(await pay(placed.id), {state: 'captured', captured: 2000, amount: 2000})

  t.like(await db('orders').first(), {status: 'placed', payment_status: 'paid'})
  t.is(await stockOf(db, productId), 8)
})

test('a basket whose payment is declined is open again with its holds, and its order is cancelled', async (t) => {
  const {db, anna, productId, charge, pay} = await createPaidShop(t)
  await decideJobs(db, [setItem(anna, productId, 3)])

  const [outcome] = await decideJobs(db, [checkout(anna, {charge: await charge('declined')})])
  t.is(codeOf(outcome), 'placed')
  t.like(await db('baskets').first(), {status: 'paying'})
  const orderId = outcome?.status === 'placed' ? outcome.placement.order.id : 0
  t.like(await pay(orderId), {state: 'declined', declineCode: 'card_declined'})

  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
  t.like(await db('baskets').first(), {status: 'open', order_id: null})
  t.like(await db('stock_levels').first(), {on_hand: 10, reserved: 3})
  const basket = basketOf((await decideJobs(db, [setItem(anna, productId, 4)]))[0])
  t.like(basket?.items[0], {quantity: 4, held: 4})
})
