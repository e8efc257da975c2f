import type {Knex} from 'knex'

import {
  type Gateway,
  ProviderBusyError,
  type ProviderPayment,
  RefusedError,
  UnknownOutcomeError,
} from '../../gateways/gateway.ts'
import {onlyRow, query} from '../../db/query.ts'
import {paymentKey} from './keys.ts'
import {findPayment, type Payment, pendingStates, selectPayments} from './payment.ts'
import {callMs, leaseSeconds, startSeconds} from './timing.ts'
import {giveUp, type SettleSettings, postpone, settle} from './settle.ts'

/** As long as this, a provider remembers an idempotency key. */
const repeatHours = 23
/** After this, an operator decides. */
const searchHours = 48

/** What to do for a payment next. */
type Step = 'cancel' | 'expire' | 'find' | 'give up' | 'pay' | 'read' | 'wait'

type Leased = Payment & {
  leasedUntil: string
  /** Whether it was sent to the provider before. */
  wasSent: boolean
  isStartable: boolean
  isRepeatable: boolean
  isSearchable: boolean
  isDue: boolean
}

export type WorkOptions = {
  settings: SettleSettings
  /** Gives up waiting for the provider. */
  signal: AbortSignal
}

export type AdvanceOptions = WorkOptions & {
  /** Whether a payment that was never sent may be sent now. Only the request that placed its order may. */
  mayStart: boolean
}

/**
 * Does what a payment needs next, and returns it as it is then. The request that placed the order, the background work and
 * the webhooks all call it, at any time and at once: one of them gets the lease, and each change of state is made only from
 * a state that allows it. No database connection is held while the provider is asked.
 */
export async function advance(
  db: Knex,
  gateway: Gateway,
  id: number,
  options: AdvanceOptions,
): Promise<Payment | undefined> {
  const payment = await lease(db, id)
  if (!payment) return findPayment(db, id)
  const step = nextStep(payment, options)
  try {
    await take(db, gateway, payment, {...options, step})
  } finally {
    // Unless it took so long that another process has the lease.
    await query(db, 'update payments set lease_until = null where id = ? and lease_until = ?', [
      id,
      payment.leasedUntil,
    ])
  }
  return findPayment(db, id)
}

async function lease(db: Knex, id: number): Promise<Leased | undefined> {
  const [leased] = await query<Leased>(
    db,
    `with leased as (
       update payments
       set lease_until = statement_timestamp() + ?::int * interval '1 second', tries = tries + 1
       where id = (
         select id
         from payments
         where id = ?
           and (state = any (?::text[]) or next_try_at is not null)
           and coalesce(lease_until <= statement_timestamp(), true)
         for update skip locked
       )
       returning id, lease_until
     )
     ${selectPayments.replace(
       'select ',
       `select (select lease_until from leased) as "leasedUntil", submitted_at is not null as "wasSent",
               payments.created_at > statement_timestamp() - ?::int * interval '1 second' as "isStartable",
               submitted_at > statement_timestamp() - ?::int * interval '1 hour' as "isRepeatable",
               submitted_at > statement_timestamp() - ?::int * interval '1 hour' as "isSearchable",
               coalesce(due_at <= statement_timestamp(), false) as "isDue",`,
     )}
     where payments.id = (select id from leased)`,
    [leaseSeconds, id, pendingStates, startSeconds, repeatHours, searchHours],
  )
  return leased
}

export function nextStep(payment: Leased, {mayStart}: {mayStart: boolean}): Step {
  const {state, providerId, wasSent, isCancelRequested, isDue} = payment
  if (!wasSent) {
    if (isCancelRequested || !payment.isStartable) return 'expire'
    return mayStart ? 'pay' : 'wait'
  }
  if (providerId === null) {
    if (payment.isRepeatable) return 'pay'
    return payment.isSearchable ? 'find' : 'give up'
  }
  if (isCancelRequested && (state === 'requires_action' || state === 'authorized')) return 'cancel'
  // Money may be on its way already: the clock never cancels that.
  return state === 'requires_action' && isDue ? 'cancel' : 'read'
}

async function take(
  db: Knex,
  gateway: Gateway,
  payment: Leased,
  {step, settings, signal}: AdvanceOptions & {step: Step},
): Promise<void> {
  if (step === 'wait') return
  if (step === 'expire') return settle(db, payment, {kind: 'cancelled'}, settings)
  if (step === 'give up') return giveUp(db, payment)

  const attempt = await recordSending(db, payment, step)
  try {
    const found = await ask(gateway, payment, step, AbortSignal.any([signal, AbortSignal.timeout(callMs)]))
    await recordAnswer(db, payment, {...attempt, outcome: found?.state.kind ?? 'not found'})
    if (found) await settle(db, payment, {kind: 'answer', payment: found}, settings)
    else await settle(db, payment, {kind: 'cancelled'}, settings)
  } catch (error) {
    if (error instanceof RefusedError) {
      await recordAnswer(db, payment, {...attempt, outcome: `refused: ${error.code}`})
      // An earlier attempt may have been carried out, although this one was refused.
      if (step === 'pay' && !payment.wasSent) await settle(db, payment, {kind: 'declined', code: error.code}, settings)
      else if (step === 'pay') await settleFound(db, gateway, payment, {settings, signal, code: error.code})
      else await postpone(db, payment, 'unchanged')
    } else if (error instanceof ProviderBusyError) {
      await recordAnswer(db, payment, {...attempt, outcome: 'busy'})
      await postpone(db, payment, 'unchanged')
    } else if (error instanceof UnknownOutcomeError) {
      await recordAnswer(db, payment, {...attempt, outcome: 'unknown'})
      await postpone(db, payment, step === 'pay' ? 'unknown' : 'unchanged')
    } else {
      throw error
    }
  }
}

async function settleFound(
  db: Knex,
  gateway: Gateway,
  payment: Leased,
  {settings, signal, code}: {settings: SettleSettings; signal: AbortSignal; code: string},
): Promise<void> {
  const found = await ask(gateway, payment, 'find', AbortSignal.any([signal, AbortSignal.timeout(callMs)]))
  await settle(db, payment, found ? {kind: 'answer', payment: found} : {kind: 'declined', code}, settings)
}

async function ask(
  gateway: Gateway,
  payment: Payment,
  step: 'cancel' | 'find' | 'pay' | 'read',
  signal: AbortSignal,
): Promise<ProviderPayment | undefined> {
  const {reference, customerId, providerMethodId, amount, currency, providerId, capture} = payment
  const key = paymentKey(reference, step === 'cancel' ? 'cancel' : 'pay')
  if (step === 'pay') {
    const returnUrl = payment.returnUrl ?? undefined
    const money = {amount, currency}
    return gateway.pay({reference, customerId, methodId: providerMethodId, money, capture, returnUrl, key}, signal)
  }
  if (step === 'find' || providerId === null) return gateway.find({reference, customerId}, signal)
  return step === 'cancel' ? gateway.cancel({paymentId: providerId, key}, signal) : gateway.read(providerId, signal)
}

/** Charges a payment that is authorized. Throws what the provider answers to that. */
export async function captureAuthorized(
  db: Knex,
  gateway: Gateway,
  payment: Payment,
  {settings, signal}: WorkOptions,
): Promise<Payment> {
  const {reference, providerId, amount} = payment
  if (providerId === null) throw new Error('An authorized payment has an id of the provider.')
  const attempt = await recordSending(db, payment, 'capture')
  const limited = AbortSignal.any([signal, AbortSignal.timeout(callMs)])
  const key = paymentKey(reference, 'capture')
  const captured = await gateway
    .capture({paymentId: providerId, amount, key}, limited)
    .catch(async (error: unknown) => {
      await recordAnswer(db, payment, {...attempt, outcome: error instanceof Error ? error.name : 'failed'})
      throw error
    })
  await recordAnswer(db, payment, {...attempt, outcome: captured.state.kind})
  await settle(db, payment, {kind: 'answer', payment: captured}, settings)
  return (await findPayment(db, payment.id)) ?? payment
}

type Attempt = {operation: string; key: string | null}

/** Committed before the call, so that a crash leaves a trace of it. */
async function recordSending(
  db: Knex,
  {id, reference}: Payment,
  step: 'cancel' | 'capture' | 'find' | 'pay' | 'read',
): Promise<Attempt> {
  const key = step === 'find' || step === 'read' ? null : paymentKey(reference, step)
  await query(
    db,
    `with attempt as (
       insert into payment_attempts (payment_id, operation, key, event) values (?, ?, ?, 'sent')
     )
     update payments
     set submitted_at = coalesce(submitted_at, statement_timestamp()),
         state = case state when 'created' then 'submitted' else state end,
         next_try_at = statement_timestamp() + ?::int * interval '1 second'
     where id = ? and ?`,
    [id, step, key, leaseSeconds, id, step === 'pay'],
  )
  return {operation: step, key}
}

async function recordAnswer(
  db: Knex,
  {id}: Payment,
  {operation, key, outcome}: Attempt & {outcome: string},
): Promise<void> {
  await query(
    db,
    `insert into payment_attempts (payment_id, operation, key, event, outcome) values (?, ?, ?, 'answered', ?)`,
    [id, operation, key, outcome],
  )
}

/** Payments that are due to be looked at, the longest waiting first. */
export async function findDue(db: Knex, provider: string, most: number): Promise<number[]> {
  const due = await query<{id: number}>(
    db,
    `select id
     from payments
     where next_try_at <= statement_timestamp() and coalesce(lease_until <= statement_timestamp(), true)
       and provider = ?
     order by next_try_at
     limit ?`,
    [provider, most],
  )
  return due.map(({id}) => id)
}

/** Lets the background work look at a payment at once: something says that it changed. */
export async function hurry(db: Knex, payment: {provider: string; providerId: string}): Promise<boolean> {
  const {hurried} = onlyRow(
    await query<{hurried: number}>(
      db,
      `with hurried as (
         update payments set next_try_at = statement_timestamp()
         where provider = ? and provider_id = ? and state not in ('declined', 'cancelled', 'mismatch')
         returning id
       )
       select count(*) as hurried from hurried`,
      [payment.provider, payment.providerId],
    ),
  )
  return hurried > 0
}
