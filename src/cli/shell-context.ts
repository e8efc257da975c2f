import bcrypt from 'bcryptjs'
import type {Knex} from 'knex'

import * as migrations from '../db/migrate.ts'
import {query} from '../db/query.ts'
import * as money from '../money.ts'
import * as catalogue from '../services/catalogue.ts'
import {newOrder} from '../services/checkout/order.ts'
import {placeOrder} from '../services/checkout/place-order.ts'
import * as orders from '../services/orders.ts'
import * as tokens from '../services/tokens.ts'
import * as users from '../services/users.ts'

/** What a shell has at hand, by name. */
export function shellContext(db: Knex): Record<string, unknown> {
  const services = {...catalogue, ...orders, ...tokens, ...users, newOrder, placeOrder}
  return {db, query, bcrypt, ...services, ...migrations, ...money}
}
