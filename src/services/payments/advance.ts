import type {Knex} from 'knex'

import {type Gateway, RefusedError} from '../../gateways/gateway.ts'
import {onlyRow, query} from '../../db/query.ts'
import {type Attempt, busy, type Failure, failureOf, recordAnswer} from './attempts.ts'
import {paymentKey} from './keys.ts'
import {findPayment, joinedPayments, type Payment, paymentColumns, pendingStates} from './payment.ts'
import {withTimeLimit} from './time-limit.ts'
import {defaultCallMs, leaseSeconds, repeatHours, startSeconds} from './timing.ts'
import {type Finding, giveUp, postpone, settle, type SettleSettings} from './settle.ts'

/** After this, an operator decides. */
const searchHours = 48

/** What to do for a payment next. */
type Step = 'cancel' | 'expire' | 'find' | 'give up' | 'pay' | 'read' | 'wait'

/** A payment that this process has to itself until a time. */
export type Leased = Payment & {
  leasedUntil: string
  /** Whether it was sent to the provider before. */
  wasSent: boolean
}

type Inspected = Leased & {
  /** Whether no call can have reached the provider: there was none, or it was too busy for each. */
  isUnsent: boolean
  isStartable: boolean
  isRepeatable: boolean
  isSearchable: boolean
  isDue: boolean
}

export type WorkOptions = {
  settings: SettleSettings
  /** Gives up waiting for the provider. */
  signal: AbortSignal
  /** How long to wait for the provider. */
  callMs?: number
}

export type AdvanceOptions = WorkOptions & {
  /** Whether a payment that was never sent may be sent now. Only the request that placed its order may. */
  mayStart: boolean
  /** Whether a payment that the background work has given up may be searched for once more. An operator decides that. */
  maySearch?: boolean
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
  await takeTurn(db, gateway, id, options)
  return findPayment(db, id)
}

/** The same. Returns whether there was anything to do that no other process is doing. */
export async function takeTurn(db: Knex, gateway: Gateway, id: number, options: AdvanceOptions): Promise<boolean> {
  const payment = await lease(db, id)
  if (!payment) return false
  const step = nextStep(payment, options)
  try {
    await take(db, gateway, payment, {...options, step})
  } finally {
    await endLease(db, payment)
  }
  return true
}

/**
 * Charges a payment that is marked as sent. `settleCaptured` writes that it was captured whole, and returns whether it could.
 */
export async function payLeased(
  db: Knex,
  gateway: Gateway,
  payment: Leased,
  {settleCaptured, settings, ...options}: WorkOptions & {settleCaptured: (providerId: string) => Promise<boolean>},
): Promise<Payment | undefined> {
  const {id, reference, amount, currency} = payment
  const answer = await limited(options, async (signal) => inquire(gateway, payment, 'pay', signal)).catch(failureOf)
  if (answer.kind === 'answer' && answer.payment.state.kind === 'captured') {
    const {id: providerId, money, captured, refunded} = answer.payment
    const isUsual = money.amount === amount && money.currency === currency && captured === amount && refunded === 0
    if (isUsual && (await settleCaptured(providerId))) return {...payment, state: 'captured', captured, providerId}
  }
  try {
    await finish(db, payment, {operation: 'pay', key: paymentKey(reference, 'pay')}, {answer, settings})
  } finally {
    await endLease(db, payment)
  }
  return findPayment(db, id)
}

/** Unless it took so long that another process has the lease. */
async function endLease(db: Knex, {id, leasedUntil}: Leased): Promise<void> {
  await query(db, 'update payments set lease_until = null where id = ? and lease_until = ?', [id, leasedUntil])
}

/** Whether a process has a payment to itself. */
export async function isLeased(db: Knex, id: number): Promise<boolean> {
  return (await query(db, 'select from payments where id = ? and lease_until > statement_timestamp()', [id])).length > 0
}

const isUnsent = `
  (select count(*) filter (where event = 'sent') = count(*) filter (where outcome = '${busy}')
   from payment_attempts
   where payment_id = payments.id and operation = 'pay')`

async function lease(db: Knex, id: number): Promise<Inspected | undefined> {
  const [leased] = await query<Inspected>(
    db,
    `with leased as (
       update payments
       set lease_until = statement_timestamp() + ?::int * interval '1 second', tries = tries + 1
       where id = (
         select id
         from payments
         where id = ?
           and (state = any (?::text[]) or (next_try_at is not null and state not in ('declined', 'cancelled')))
           and coalesce(lease_until <= statement_timestamp(), true)
         for no key update skip locked
       )
       returning id, lease_until
     )
     select ${paymentColumns}, (select lease_until from leased) as "leasedUntil",
            submitted_at is not null as "wasSent", ${isUnsent} as "isUnsent",
            payments.created_at > statement_timestamp() - ?::int * interval '1 second' as "isStartable",
            submitted_at > statement_timestamp() - ?::int * interval '1 hour' as "isRepeatable",
            submitted_at > statement_timestamp() - ?::int * interval '1 hour' as "isSearchable",
            coalesce(due_at <= statement_timestamp(), false) as "isDue"
     from ${joinedPayments}
     where payments.id = (select id from leased)`,
    [leaseSeconds, id, pendingStates, startSeconds, repeatHours, searchHours],
  )
  return leased
}

function nextStep(payment: Inspected, {mayStart, maySearch = false}: AdvanceOptions): Step {
  const {state, providerId, wasSent, isCancelRequested, isDue} = payment
  if (payment.isUnsent) {
    // After a backup was restored, a payment that seems new may have been made.
    if (isCancelRequested || !payment.isStartable) return wasSent ? 'expire' : 'find'
    return mayStart || wasSent ? 'pay' : 'wait'
  }
  if (providerId === null) {
    if (payment.isRepeatable) return 'pay'
    return payment.isSearchable || maySearch ? 'find' : 'give up'
  }
  if (isCancelRequested && (state === 'requires_action' || state === 'authorized')) return 'cancel'
  // Money may be on its way already: the clock never cancels that.
  return state === 'requires_action' && isDue ? 'cancel' : 'read'
}

async function take(
  db: Knex,
  gateway: Gateway,
  payment: Inspected,
  {step, settings, ...options}: AdvanceOptions & {step: Step},
): Promise<void> {
  if (step === 'wait') return postpone(db, payment, 'unchanged')
  if (step === 'expire') return settle(db, payment, {kind: 'cancelled'}, settings)
  if (step === 'give up') return giveUp(db, payment)

  const attempt = await recordSending(db, payment, step)
  if (!attempt) return
  const answer = await limited(options, async (signal) => inquire(gateway, payment, step, signal)).catch(failureOf)
  // It was sent, and the backup does not know.
  if (answer.kind === 'answer' && payment.state === 'created') await recordSending(db, payment, 'pay')
  await finish(db, payment, attempt, {answer, settings})
}

async function finish(
  db: Knex,
  payment: Leased,
  attempt: Attempt,
  {answer, settings}: {answer: Failure | Finding; settings: SettleSettings},
): Promise<void> {
  await recordAnswer(db, payment.id, attempt, outcomeOf(answer))
  if (answer.kind !== 'failure') return settle(db, payment, answer, settings)
  await postpone(db, payment, answer.isUnknown && attempt.operation === 'pay' ? 'unknown' : 'unchanged')
}

async function limited<Result>(
  {signal, callMs = defaultCallMs}: {signal: AbortSignal; callMs?: number},
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return withTimeLimit(signal, callMs, ask)
}

/** Asks the provider. Throws what it throws, but a payment that it refused is declined. */
async function inquire(
  gateway: Gateway,
  payment: Leased,
  step: 'cancel' | 'find' | 'pay' | 'read',
  signal: AbortSignal,
): Promise<Finding> {
  const {reference, customerId, createdAt, amount, currency, providerId, capture, wasSent} = payment
  const sought = {reference, customerId, createdAt}
  if (step === 'find' || (step === 'pay' && wasSent)) {
    const found = await gateway.find(sought, signal)
    if (found) return {kind: 'answer', payment: found}
    if (step === 'find') return {kind: 'cancelled'}
  }
  if (step === 'pay') {
    const order = {...sought, methodId: payment.providerMethodId, money: {amount, currency}, capture}
    const returnUrl = payment.returnUrl ?? undefined
    try {
      const paid = await gateway.pay({...order, returnUrl, key: paymentKey(reference, 'pay')}, signal)
      return {kind: 'answer', payment: paid}
    } catch (error) {
      if (error instanceof RefusedError) return {kind: 'declined', code: error.code}
      throw error
    }
  }
  if (providerId === null) throw new Error(`Payment ${payment.id} has no id of the provider.`)
  const known =
    step === 'cancel'
      ? await gateway.cancel({paymentId: providerId, key: paymentKey(reference, 'cancel')}, signal)
      : await gateway.read(providerId, signal)
  return {kind: 'answer', payment: known}
}

function outcomeOf(answer: Failure | Finding): string {
  if (answer.kind === 'failure') return answer.outcome
  if (answer.kind === 'declined') return `declined: ${answer.code}`
  if (answer.kind === 'cancelled') return 'not found'
  const {state} = answer.payment
  return state.kind === 'declined' ? `declined: ${state.code}` : state.kind
}

/** Charges a payment that is authorized. Throws RefusedError, ProviderBusyError or UnknownOutcomeError. */
export async function captureAuthorized(
  db: Knex,
  gateway: Gateway,
  payment: Payment,
  {settings, ...options}: WorkOptions,
): Promise<Payment> {
  const {reference, providerId, amount, currency} = payment
  if (providerId === null) throw new Error(`Payment ${payment.id} has no id of the provider.`)
  const attempt = await recordSending(db, payment, 'capture')
  if (!attempt) throw new Error(`Payment ${payment.id} is gone.`)
  const key = paymentKey(reference, 'capture')
  const answer = await limited(options, async (signal) =>
    gateway.capture({paymentId: providerId, money: {amount, currency}, key}, signal),
  ).then(
    (captured): Finding => ({kind: 'answer', payment: captured}),
    async (error: unknown) => {
      await recordAnswer(db, payment.id, attempt, failureOf(error).outcome)
      throw error
    },
  )
  await recordAnswer(db, payment.id, attempt, outcomeOf(answer))
  await settle(db, payment, answer, settings)
  return (await findPayment(db, payment.id)) ?? payment
}

/**
 * Committed before the call, so that a crash leaves a trace of it. Undefined if the lease ended before: whoever has it now
 * may have given the payment up.
 */
async function recordSending(
  db: Knex,
  {id, reference, leasedUntil}: Payment & {leasedUntil?: string},
  step: 'cancel' | 'capture' | 'find' | 'pay' | 'read',
): Promise<Attempt | undefined> {
  const key = step === 'find' || step === 'read' ? null : paymentKey(reference, step)
  const recorded = await query(
    db,
    `with sending as (
       update payments
       set submitted_at = case when ? then coalesce(submitted_at, statement_timestamp()) else submitted_at end,
           state = case when ? and state = 'created' then 'submitted' else state end,
           next_try_at = case when ? and state not in ('declined', 'cancelled') then statement_timestamp() + ?::int * interval '1 second' else next_try_at end
       where id = ? and coalesce(lease_until = ?::timestamptz, ?)
       returning id
     )
     insert into payment_attempts (payment_id, operation, key, event)
     select id, ?, ?, 'sent' from sending
     returning id`,
    [
      ...[step === 'pay', step === 'pay', step === 'pay' || step === 'capture', leaseSeconds],
      ...[id, leasedUntil ?? null, leasedUntil === undefined],
      ...[step, key],
    ],
  )
  return recorded.length > 0 ? {operation: step, key} : undefined
}

/**
 * Lets the background work look at a payment at once: something says that it changed. Nothing can follow from that for one
 * that ended without money; if the provider has some after all, `shop reconcile-payments` reports it.
 */
export async function hurry(db: Knex, payment: {provider: string; providerId: string}): Promise<boolean> {
  const {hurried} = onlyRow(
    await query<{hurried: number}>(
      db,
      `with hurried as (
         update payments set next_try_at = statement_timestamp()
         where provider = ? and provider_id = ? and state not in ('declined', 'cancelled')
         returning id
       )
       select count(*) as hurried from hurried`,
      [payment.provider, payment.providerId],
    ),
  )
  return hurried > 0
}
