import {pbkdf2Sync} from 'node:crypto'

type Entry = {model: string; pk: number | string; fields: Record<string, unknown>}

export const djangoToken = '3aa905c8b99b518e889df6fc02ec80dca142054e'

/** A dump as `manage.py dumpdata` of the previous shop wrote it, with references before the records that they refer to. */
export function djangoDump(): Entry[] {
  const salt = 'ODESn6Mq8yeUE0IvYCNaab'
  const hash = `pbkdf2_sha256$720000$${salt}$${pbkdf2Sync('jackson', salt, 720_000, 32, 'sha256').toString('base64')}`
  return [
    {model: 'authtoken.token', pk: djangoToken, fields: {user: 11, created: '2024-04-18T19:12:34.709'}},
    {model: 'products.productprice', pk: 61, fields: price(6, '12.34', '2020-01-01T00:00:00')},
    {model: 'products.productprice', pk: 62, fields: price(6, '15.00', '2023-01-01T00:00:00')},
    {model: 'products.productprice', pk: 63, fields: price(6, '99.99', '2999-01-01T00:00:00')},
    {model: 'products.productprice', pk: 71, fields: price(7, '0.50', '2020-01-01T00:00:00')},
    {model: 'products.productprice', pk: 81, fields: price(8, '7.00', '2020-01-01T00:00:00')},
    {model: 'auth.permission', pk: 1, fields: {name: 'Can add permission', content_type: 1, codename: 'add'}},
    {model: 'contenttypes.contenttype', pk: 1, fields: {app_label: 'auth', model: 'permission'}},
    {model: 'contenttypes.contenttype', pk: 2, fields: {app_label: 'auth', model: 'group'}},
    {model: 'auth.user', pk: 11, fields: user('victoria37', hash)},
    {model: 'auth.user', pk: 12, fields: {...user('gone', '!unusable'), is_active: false}},
    {model: 'products.product', pk: 6, fields: {name: 'Sarah Highways', enabled: true, quantity_in_stock: 6}},
    {model: 'products.product', pk: 7, fields: {name: 'Perez Terrace', enabled: true, quantity_in_stock: 0}},
    {model: 'products.product', pk: 8, fields: {name: 'Reyes Common', enabled: false, quantity_in_stock: 4}},
    {model: 'orders.orderitem', pk: 2, fields: {order: 3, product: 7, product_price: '0.45', quantity: 4}},
    {model: 'orders.orderitem', pk: 1, fields: {order: 3, product: 6, product_price: '12.34', quantity: 1}},
    {model: 'orders.order', pk: 3, fields: {user: 11, total_price: '20.00', created_at: '2024-04-20T08:00:00.123456'}},
  ]
}

function user(username: string, password: string): Record<string, unknown> {
  return {
    password,
    last_login: null,
    is_superuser: false,
    username,
    first_name: '',
    last_name: '',
    email: '',
    is_staff: false,
    is_active: true,
    date_joined: '2024-04-18T19:06:44.845',
    groups: [],
    user_permissions: [],
  }
}

function price(product: number, amount: string, from: string): Record<string, unknown> {
  return {product, price: amount, effective_from: from}
}
