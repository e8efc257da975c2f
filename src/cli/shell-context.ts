import bcrypt from 'bcryptjs'
import type {Knex} from 'knex'

import * as migrations from '../db/migrate.ts'
import {query} from '../db/query.ts'
import * as money from '../money.ts'
import {listBaskets} from '../services/baskets/list.ts'
import {findBasketRecord} from '../services/baskets/record.ts'
import {releaseHolds} from '../services/baskets/release.ts'
import * as catalogue from '../services/catalogue/list.ts'
import {newOrder} from '../services/checkout/new-order.ts'
import {placeOrder} from '../services/checkout/place-order.ts'
import {findOrderRecord} from '../services/orders/record.ts'
import * as orders from '../services/orders/history.ts'
import {cancelPaidOrder} from '../services/payments/operations.ts'
import {listPayments} from '../services/payments/operators/list.ts'
import {findPaidOrderRecord} from '../services/payments/operators/record.ts'
import {moveStock} from '../services/stock/move.ts'
import * as pools from '../services/stock/pools.ts'
import {cancelPrices} from '../services/products/cancel-prices.ts'
import {changePrices} from '../services/products/change-prices.ts'
import {deleteProduct} from '../services/products/delete-product.ts'
import {listAllProducts} from '../services/products/list-all.ts'
import {findPrices, listPrices, setPrice} from '../services/products/prices.ts'
import {findProductRecord} from '../services/products/product-record.ts'
import {createProduct, updateProduct} from '../services/products/products.ts'
import * as stock from '../services/stock/adjust.ts'
import * as tokens from '../services/accounts/tokens.ts'
import * as users from '../services/accounts/users.ts'

/** The names that `shop shell` defines. */
export function shellContext(db: Knex): Record<string, unknown> {
  const ordering = {newOrder, placeOrder, findOrderRecord}
  const pricing = {findPrices, listPrices, setPrice, changePrices, cancelPrices}
  const products = {createProduct, updateProduct, deleteProduct, findProductRecord, listAllProducts}
  const baskets = {listBaskets, findBasketRecord, releaseHolds}
  const payments = {cancelPaidOrder, listPayments, findPaidOrderRecord}
  const services = {
    ...baskets,
    ...catalogue,
    ...orders,
    ...pools,
    ...stock,
    moveStock,
    ...tokens,
    ...users,
    ...ordering,
    ...payments,
    ...pricing,
    ...products,
  }
  return {db, query, bcrypt, ...services, ...migrations, ...money}
}
