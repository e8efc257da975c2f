import type {Limits, Resource} from './resource.ts'
import {defaultOrderItems} from '../services/checkout/new-order.ts'
import {apiDescription} from './routes/api-description.ts'
import {basket} from './routes/basket/basket.ts'
import {basketCheckout} from './routes/basket/basket-checkout.ts'
import {basketHold} from './routes/basket/basket-hold.ts'
import {basketItem} from './routes/basket/basket-item.ts'
import {basketItems} from './routes/basket/basket-items.ts'
import {heartbeat} from './routes/heartbeat.ts'
import {login} from './routes/auth/login.ts'
import {logout} from './routes/auth/logout.ts'
import {password} from './routes/auth/password.ts'
import {orderDetail} from './routes/orders/order.ts'
import {orderCancellation} from './routes/orders/order-cancellation.ts'
import {orderCreation} from './routes/orders/order-creation.ts'
import {orderHistory} from './routes/orders/order-history.ts'
import {paymentResources} from './routes/payments/payment-resources.ts'
import {product} from './routes/products/product.ts'
import {productList} from './routes/products/product-list.ts'
import {readiness} from './routes/readiness.ts'

/** Every resource that a shop with these settings serves and describes. */
export function createResources(limits: Limits): readonly Resource[] {
  return [
    heartbeat,
    readiness,
    login,
    logout,
    password,
    productList,
    product,
    basket,
    basketItems(limits),
    basketItem,
    basketHold,
    basketCheckout(limits),
    orderCreation(limits),
    orderHistory(limits),
    orderDetail(limits),
    orderCancellation(limits),
    ...(limits.provider ? paymentResources(limits.provider) : []),
    apiDescription,
  ]
}

/** For a shop whose environment sets nothing. */
export const resources = createResources({orderItems: defaultOrderItems})
