import type {Resource} from './resource.ts'
import {apiDescription} from './routes/api-description.ts'
import {heartbeat} from './routes/heartbeat.ts'
import {login} from './routes/login.ts'
import {order} from './routes/order.ts'
import {orderCancellation} from './routes/order-cancellation.ts'
import {orderCreation} from './routes/order-creation.ts'
import {orderHistory} from './routes/order-history.ts'
import {product} from './routes/product.ts'
import {productList} from './routes/product-list.ts'

/** All that the shop serves and describes. */
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
