import type {Resource} from './resource.ts'
import {apiDescription} from './routes/api-description.ts'
import {heartbeat} from './routes/heartbeat.ts'
import {login} from './routes/login.ts'
import {order} from './routes/orders/order.ts'
import {orderCancellation} from './routes/orders/order-cancellation.ts'
import {orderCreation} from './routes/orders/order-creation.ts'
import {orderHistory} from './routes/orders/order-history.ts'
import {product} from './routes/products/product.ts'
import {productList} from './routes/products/product-list.ts'

/** Every resource that the shop serves and describes. */
export const resources: readonly Resource[] = [
  heartbeat,
  login,
  productList,
  product,
  orderCreation,
  orderHistory,
  order,
  orderCancellation,
  apiDescription,
]
