import {randomUUID} from 'node:crypto'

import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {RefusedError, type Setup, type StoredMethod} from '../gateway.ts'
import {type Outcome, outcomes} from './outcomes.ts'
import {recordEvent} from './payments.ts'

type MethodRow = {id: string; customer_id: string; last4: string}

/** Returns the customer's id. */
export async function createCustomer(trx: Knex.Transaction, userId: number): Promise<string> {
  const id = newId('customer')
  await query(trx, 'insert into test_provider.customers (id, user_id) values (?, ?)', [id, userId])
  return id
}

export async function createSetup(trx: Knex.Transaction, customerId: string): Promise<Setup> {
  await requireCustomer(trx, customerId)
  const id = newId('setup')
  await query(trx, 'insert into test_provider.setups (id, customer_id) values (?, ?)', [id, customerId])
  return {id, clientSecret: `${id}_secret`}
}

/** What the user does in the provider's form: stores a method with the outcome. A second time changes nothing. */
export async function confirmSetup(trx: Knex.Transaction, setupId: string, outcome: Outcome): Promise<StoredMethod> {
  const setup = await readSetup(trx, setupId, 'for update')
  if (setup.method_id !== null) return readStored(trx, setup.method_id)
  const method = await addMethod(trx, setup.customer_id, outcome)
  await query(trx, 'update test_provider.setups set method_id = ? where id = ?', [method.id, setupId])
  return method
}

export async function addMethod(trx: Knex.Transaction, customerId: string, outcome: Outcome): Promise<StoredMethod> {
  await requireCustomer(trx, customerId)
  const row: MethodRow = {id: newId('method'), customer_id: customerId, last4: outcomes[outcome]}
  await query(trx, 'insert into test_provider.methods (id, customer_id, outcome, last4) values (?, ?, ?, ?)', [
    row.id,
    row.customer_id,
    outcome,
    row.last4,
  ])
  await recordEvent(trx, 'method.attached', null)
  return toStored(row)
}

export async function readMethod(db: Knex, setupId: string): Promise<StoredMethod | undefined> {
  const {method_id: methodId} = await readSetup(db, setupId)
  return methodId === null ? undefined : readStored(db, methodId)
}

export async function detach(db: Knex, methodId: string): Promise<void> {
  await query(
    db,
    'update test_provider.methods set detached_at = clock_timestamp() where id = ? and detached_at is null',
    [methodId],
  )
}

async function readStored(db: Knex, methodId: string): Promise<StoredMethod> {
  const [row] = await query<MethodRow>(
    db,
    'select id, customer_id, last4 from test_provider.methods where id = ? and detached_at is null',
    [methodId],
  )
  if (!row) throw new RefusedError('resource_missing', `The payment method "${methodId}" was detached.`)
  return toStored(row)
}

async function readSetup(
  db: Knex,
  setupId: string,
  lock: '' | 'for update' = '',
): Promise<{customer_id: string; method_id: string | null}> {
  const [row] = await query<{customer_id: string; method_id: string | null}>(
    db,
    `select customer_id, method_id from test_provider.setups where id = ? ${lock}`,
    [setupId],
  )
  if (!row) throw new RefusedError('resource_missing', `There is no setup "${setupId}".`)
  return row
}

async function requireCustomer(db: Knex, customerId: string): Promise<void> {
  const found = await query(db, 'select from test_provider.customers where id = ?', [customerId])
  if (found.length === 0) throw new RefusedError('resource_missing', `There is no customer "${customerId}".`)
}

function toStored({id, customer_id, last4}: MethodRow): StoredMethod {
  return {id, customerId: customer_id, brand: 'visa', last4, expiry: {month: 12, year: 2040}}
}

function newId(noun: string): string {
  return `test_${noun}_${randomUUID().replaceAll('-', '')}`
}
