import type {Knex} from 'knex'

import {type Gateway, isGatewayError, RefusedError, type Setup, type StoredMethod} from '../../gateways/gateway.ts'
import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {onlyRow, query} from '../../db/query.ts'
import {
  PaymentLimitError,
  PaymentMethodLimitError,
  PaymentSetupIncompleteError,
  UnknownPaymentMethodError,
  UnknownPaymentSetupError,
} from '../../errors.ts'
import {callsPerMinute, countCall} from './call-limit.ts'
import type {ChargedMethod} from './charge.ts'
import {grouped} from '../../grouped.ts'

/** How many a user may have with one provider. */
export const mostMethods = 50

export type PaymentMethod = {
  id: number
  brand: string
  last4: string | null
  expiry: {month: number; year: number} | null
  isDefault: boolean
  createdAt: string
}

const selectMethods = `
  select id, brand, last4, is_default as "isDefault", created_at as "createdAt",
         case when expiry_month is not null then json_build_object('month', expiry_month, 'year', expiry_year) end as expiry
  from payment_methods`

/** Of a user with one provider, oldest first. */
export async function listMethods(
  db: Knex,
  {userId, provider}: {userId: number; provider: string},
): Promise<PaymentMethod[]> {
  return query<PaymentMethod>(
    db,
    `${selectMethods} where user_id = ? and provider = ? and removed_at is null order by id`,
    [userId, provider],
  )
}

type WantedMethod = {userId: number; method: number | 'default'}

/** Looks up the method that an order names. Throws UnknownPaymentMethodError. */
export type FindMethod = (wanted: WantedMethod) => Promise<ChargedMethod>

/** Methods of one provider. Look-ups at the same time share a statement. */
export function createMethodLookup(db: Knex, provider: string): FindMethod {
  const find = grouped(async (wanted: WantedMethod[]) => findMethods(db, provider, wanted), mostAtOnce)
  return async (wanted) => {
    const found = await find(wanted)
    if (!found) throw new UnknownPaymentMethodError(wanted.method)
    return found
  }
}

const mostAtOnce = 100

const findMethodsStatement = prepare(
  'find_payment_methods',
  `select place, payment_methods.id, payment_customers.customer_id as "customerId"
   from unnest(?::bigint[], ?::bigint[]) with ordinality as wanted (user_id, method_id, place)
   join payment_methods
     on payment_methods.user_id = wanted.user_id
    and case when method_id is null then is_default else payment_methods.id = method_id end
   join payment_customers
     on payment_customers.user_id = payment_methods.user_id and payment_customers.provider = payment_methods.provider
   where payment_methods.provider = ? and removed_at is null`,
)

async function findMethods(db: Knex, provider: string, wanted: WantedMethod[]): Promise<(ChargedMethod | undefined)[]> {
  const found = await queryPrepared<ChargedMethod & {place: number}>(db, findMethodsStatement, [
    wanted.map(({userId}) => userId),
    wanted.map(({method}) => (method === 'default' ? null : method)),
    provider,
  ])
  const byPlace = new Map(found.map(({place, ...method}) => [place, method]))
  return wanted.map((_, index) => byPlace.get(index + 1))
}

/** Begins to store a method: the provider's client library finishes it. Throws PaymentLimitError. */
export async function setUpMethod(db: Knex, gateway: Gateway, userId: number, signal: AbortSignal): Promise<Setup> {
  await requireCall(db, userId)
  const customerId = await customerOf(db, gateway, userId, signal)
  return gateway.setUp({customerId, key: `shop:setup:${crypto.randomUUID()}`}, signal)
}

/** The provider's id of a user, who becomes its customer with the first call. */
export async function customerOf(db: Knex, gateway: Gateway, userId: number, signal: AbortSignal): Promise<string> {
  const provider = gateway.name
  const known = await readCustomer(db, {userId, provider})
  if (known !== undefined) return known
  const customerId = await gateway.createCustomer(
    {userId, key: `shop:customer:${userId}:${crypto.randomUUID()}`},
    signal,
  )
  await query(
    db,
    `insert into payment_customers (user_id, provider, customer_id) values (?, ?, ?) on conflict do nothing`,
    [userId, provider, customerId],
  )
  // Another request may have been faster. Its customer is the one that counts.
  return (await readCustomer(db, {userId, provider})) ?? customerId
}

async function readCustomer(
  db: Knex,
  {userId, provider}: {userId: number; provider: string},
): Promise<string | undefined> {
  const [customer] = await query<{id: string}>(
    db,
    'select customer_id as id from payment_customers where user_id = ? and provider = ?',
    [userId, provider],
  )
  return customer?.id
}

/**
 * Stores the method of a setup that its user has finished. The first one becomes the default. Storing it again returns it.
 * Throws UnknownPaymentSetupError, also if it is another user's or its method was removed, PaymentSetupIncompleteError,
 * PaymentMethodLimitError and PaymentLimitError.
 */
export async function storeMethod(
  db: Knex,
  gateway: Gateway,
  {userId, setupId}: {userId: number; setupId: string},
  signal: AbortSignal,
): Promise<PaymentMethod> {
  const customerId = await readCustomer(db, {userId, provider: gateway.name})
  if (customerId === undefined) throw new UnknownPaymentSetupError()
  await requireCall(db, userId)
  const method = await gateway.readMethod(setupId, signal).catch((error: unknown) => {
    if (error instanceof RefusedError) throw new UnknownPaymentSetupError({cause: error})
    throw error
  })
  if (!method) throw new PaymentSetupIncompleteError()
  if (method.customerId !== customerId) throw new UnknownPaymentSetupError()
  return addMethod(db, {userId, provider: gateway.name, method})
}

async function requireCall(db: Knex, userId: number): Promise<void> {
  const seconds = await countCall(db, userId)
  if (seconds !== undefined) throw new PaymentLimitError(callsPerMinute, seconds)
}

/** Writes a method that the provider has stored. Throws UnknownPaymentSetupError or PaymentMethodLimitError. */
export async function addMethod(
  db: Knex,
  {
    userId,
    provider,
    method,
    isDefault = false,
  }: {
    userId: number
    provider: string
    method: Pick<StoredMethod, 'brand' | 'expiry' | 'id' | 'last4'>
    isDefault?: boolean
  },
): Promise<PaymentMethod> {
  const {id, brand, last4, expiry} = method
  const added = await db.transaction(async (trx) => {
    await trx('users').where({id: userId}).forNoKeyUpdate().select('id')
    const {id: methodId, isRemoved} = onlyRow(
      await query<{id: number; isRemoved: boolean}>(
        trx,
        `insert into payment_methods (user_id, provider, provider_id, brand, last4, expiry_month, expiry_year)
         values (?, ?, ?, ?, ?, ?, ?)
         on conflict (provider, provider_id) do update set removed_at = payment_methods.removed_at
         returning id, removed_at is not null as "isRemoved"`,
        [userId, provider, id, brand, last4, expiry?.month ?? null, expiry?.year ?? null],
      ),
    )
    // If the provider could not be told of the removal, it still has the method. The user does not want it.
    if (isRemoved) throw new UnknownPaymentSetupError()
    const {count} = onlyRow(
      await trx('payment_methods')
        .where({user_id: userId, provider})
        .whereNull('removed_at')
        .count<{count: number}[]>('* as count'),
    )
    if (count > mostMethods) throw new PaymentMethodLimitError(mostMethods)
    if (isDefault) await makeDefault(trx, {userId, provider, id: methodId})
    else await ensureDefault(trx, {userId, provider})
    return methodId
  })
  return onlyRow(await query<PaymentMethod>(db, `${selectMethods} where id = ?`, [added]))
}

type MethodKey = {userId: number; provider: string; id: number}

/** Throws UnknownPaymentMethodError. */
export async function setDefaultMethod(db: Knex, method: MethodKey): Promise<void> {
  await db.transaction(async (trx) => {
    await trx('users').where({id: method.userId}).forNoKeyUpdate().select('id')
    if (!(await makeDefault(trx, method))) throw new UnknownPaymentMethodError(method.id)
  })
}

/**
 * The default is one of the provider's that the shop uses now: those of a former provider cannot be charged. If there is none, the
 * latest method becomes it.
 */
async function ensureDefault(
  trx: Knex.Transaction,
  {userId, provider}: Pick<MethodKey, 'provider' | 'userId'>,
): Promise<void> {
  const [latest] = await trx('payment_methods')
    .where({user_id: userId, provider})
    .whereNull('removed_at')
    .orderBy([
      {column: 'is_default', order: 'desc'},
      {column: 'id', order: 'desc'},
    ])
    .limit(1)
    .select<{id: number; is_default: boolean}[]>('id', 'is_default')
  if (latest && !latest.is_default) await makeDefault(trx, {userId, provider, id: latest.id})
}

async function makeDefault(trx: Knex.Transaction, {userId, provider, id}: MethodKey): Promise<boolean> {
  const methods = trx('payment_methods').where({id, user_id: userId, provider}).whereNull('removed_at')
  if (!(await methods.clone().first('id'))) return false
  await trx('payment_methods').where({user_id: userId, is_default: true}).whereNot({id}).update({is_default: false})
  await methods.update({is_default: true})
  return true
}

/**
 * Removes a method here, and then at the provider; if that fails, the shop has forgotten it all the same. Payments in flight
 * go on. The latest of the others becomes the default. Throws UnknownPaymentMethodError.
 */
export async function removeMethod(
  db: Knex,
  gateway: Gateway,
  {userId, id}: {userId: number; id: number},
  signal: AbortSignal,
): Promise<void> {
  const providerId = await db.transaction(async (trx) => {
    await trx('users').where({id: userId}).forNoKeyUpdate().select('id')
    const [removed] = await query<{providerId: string}>(
      trx,
      `update payment_methods set removed_at = statement_timestamp(), is_default = false
       where id = ? and user_id = ? and provider = ? and removed_at is null
       returning provider_id as "providerId"`,
      [id, userId, gateway.name],
    )
    if (!removed) throw new UnknownPaymentMethodError(id)
    await ensureDefault(trx, {userId, provider: gateway.name})
    return removed.providerId
  })
  await gateway.detach(providerId, signal).catch((error: unknown) => {
    if (!isGatewayError(error)) throw error
  })
}
