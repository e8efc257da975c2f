import {z} from 'zod'

import {InvalidFixtureError} from '../../../../errors.ts'
import {hashToken} from '../../../accounts/tokens.ts'
import {readAmount} from '../amounts.ts'
import {
  djangoOrder,
  djangoOrderItem,
  djangoPrice,
  djangoProduct,
  djangoRecord,
  djangoToken,
  djangoUser,
} from './django-schema.ts'
import {defaultPool} from '../../fixture.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {parseRecord, type RecordPlace} from '../parse-record.ts'

/** How the records of a model are read. */
type DjangoModel = {
  /** Fields that refer to other records. */
  references: string[]
  stage: (record: {pk: unknown; fields: unknown}, place: RecordPlace, options: ReadOptions) => void
}

function model<Key, Fields>(
  schemas: {key: z.ZodType<Key>; fields: z.ZodType<Fields>},
  references: string[],
  keep: (fields: Fields, place: RecordPlace & {key: Key}, options: ReadOptions) => void,
  kind?: string,
): DjangoModel {
  const keyed = z.object({pk: schemas.key})
  return {
    references,
    stage({pk, fields}, place, options) {
      const key = parseRecord(keyed, {pk}, place)
      const parsed = parseRecord(schemas.fields, fields, place)
      if (key && parsed) keep(parsed, {...place, key: key.pk}, options)
      else if (kind !== undefined) options.stage.addBroken(kind, {id: key?.pk ?? pk})
    },
  }
}

const models: Record<string, DjangoModel> = {
  'auth.user': model(
    djangoUser,
    [],
    ({username, password: passwordHash, is_active: isActive, date_joined: createdAt}, place, {stage}) => {
      stage.addUser(place, {id: place.key, username, passwordHash, password: undefined, isActive, createdAt})
    },
    'user',
  ),

  'authtoken.token': model(djangoToken, ['user'], ({user, created}, place, {stage}) => {
    const hash = hashToken(place.key).toString('hex')
    stage.addToken(place, {hash, user: {id: user}, createdAt: created, expiresAt: undefined})
  }),

  'products.product': model(
    djangoProduct,
    [],
    ({name, enabled, quantity_in_stock: quantity}, place, {stage}) => {
      const stock = new Map([[defaultPool, quantity]])
      const unknown = {sku: undefined, createdAt: undefined, maxPerOrder: undefined}
      stage.addProduct(place, {id: place.key, name, enabled, stock, ...unknown})
    },
    'product',
  ),

  'products.productprice': model(djangoPrice, ['product'], (fields, place, {stage, currency}) => {
    const {product, price, effective_from: effectiveFrom} = fields
    const amount = readAmount(price, {currency, field: 'price'}, place)
    stage.addPrice(place, {
      id: place.key,
      product: {id: product},
      currency,
      amount,
      effectiveFrom,
    })
  }),

  'orders.order': model(
    djangoOrder,
    ['user'],
    ({user, total_price: totalPrice, created_at: createdAt}, place, {stage, currency}) => {
      const total = readAmount(totalPrice, {currency, field: 'total_price'}, place)
      stage.addOrder(place, {id: place.key, user: {id: user}, currency, total, createdAt, status: 'placed'})
    },
    'order',
  ),

  'orders.orderitem': model(djangoOrderItem, ['order', 'product'], (fields, place, {stage, currency}) => {
    const {order, product, product_price: price, quantity} = fields
    const unitPrice = readAmount(price, {currency, field: 'product_price'}, place)
    const references = {order: {id: order}, product: {id: product}}
    stage.addLine(place, 'product', {...references, position: place.key, productName: undefined, unitPrice, quantity})
  }),
}

/** How many other models are counted by name. A shop has some tens. */
const maxModels = 1000

/** Throws InvalidFixtureError if references in the dump are natural keys. */
export function stageDjangoRecord(value: unknown, unnamed: RecordPlace, options: ReadOptions): void {
  const {stage} = options
  const parsed = parseRecord(djangoRecord, value, unnamed)
  if (!parsed) return

  const name = parsed.model.toLowerCase()
  const known = Object.hasOwn(models, name) ? models[name] : undefined
  if (!known) {
    const counted = stage.skipped.size < maxModels || stage.skipped.has(name) ? name.slice(0, 100) : 'other models'
    stage.skipped.set(counted, (stage.skipped.get(counted) ?? 0) + 1)
    return
  }
  const record = nameRecord(name, parsed.pk, unnamed.record)
  if (parsed.pk == null || known.references.some((field) => Array.isArray(parsed.fields[field]))) {
    const advice = 'run dumpdata again without --natural-foreign and --natural-primary'
    const reason = `it has natural keys where the shop needs ids; ${advice}`
    throw new InvalidFixtureError([{record, reason}])
  }
  known.stage({pk: parsed.pk, fields: parsed.fields}, {...unnamed, record}, options)
}

/** The key of a token is the token itself, so messages show only its beginning. */
function nameRecord(name: string, pk: unknown, unnamed: string): string {
  if (typeof pk !== 'string' && typeof pk !== 'number') return `${unnamed} ${name}`
  const key = String(pk).slice(0, 60)
  return `${name} ${name === 'authtoken.token' ? `${key.slice(0, 4)}...` : key}`
}
