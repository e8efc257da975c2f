import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {onlyRow, query} from '../../db/query.ts'
import {type PaymentOrder, RefusedError} from '../gateway.ts'
import {type Answer, type Call, claimKey, deliver, repeatAnswer, requestOf} from './calls.ts'
import type {Outcome} from './outcomes.ts'
import {type PaymentRow, requirePositive} from './payments.ts'

/** The longest that Node can wait. */
const foreverMs = 2 ** 31 - 1

const slowMs = 3000

/** Timers may end a little early, and an answer must not come before the payment has settled. */
const timerMs = 10

type Reply = {
  answer: Answer<PaymentRow> | null
  outcome: Outcome | null
  /** Whether the call was lost on its way. */
  isLost: boolean
}

/** Makes a payment of its method's kind. A payment is made even if the caller is gone before it is answered. */
export async function makePayment(
  db: Knex,
  order: PaymentOrder & {key: string},
  {settleMs, signal}: {settleMs: number; signal: AbortSignal},
): Promise<PaymentRow> {
  const {key, reference, customerId, methodId, money, returnUrl, capture} = order
  requirePositive(money.amount)
  const parameters = [reference, customerId, methodId, money.amount, money.currency, returnUrl ?? null, capture]
  const call: Call = {key, operation: 'pay', parameters}
  const {answer, outcome, isLost} = onlyRow(
    await queryPrepared<Reply>(db, pay, [
      ...[methodId, customerId, key, `test_pay_${randomUUID().replaceAll('-', '')}`, reference],
      ...[money.amount, money.currency, returnUrl ?? null, settleMs, capture === 'manual', key, requestOf(call)],
    ]),
  )
  if (isLost || (answer && outcome === 'timeout_then_captured')) await delay(foreverMs, undefined, {signal})
  if (answer && outcome === 'slow_3s') await delay(slowMs + timerMs, undefined, {signal})
  if (answer) return deliver(answer)

  const known = await query(db, 'select from test_provider.calls where key = ?', [key])
  if (known.length > 0) return repeatAnswer(db, call)
  throw new RefusedError('resource_missing', `The customer has no payment method "${methodId}".`)
}

/**
 * One statement, because benchmarks pay with this provider. A payment that is slow is settled already in its answer, which
 * is kept from the start: it is charged whether or not the shop lives to hear of it.
 */
const pay = prepare(
  'test_provider_pay',
  `
  with method as (
    select id, customer_id, outcome
    from test_provider.methods
    where id = ? and customer_id = ? and detached_at is null
  ),
  lost as (
    insert into test_provider.lost_calls (key)
    select ? from method where outcome = 'timeout_then_nothing'
    on conflict do nothing
    returning key
  ),
  ordered as (
    select
      ?::text as id,
      ?::text as reference,
      customer_id,
      method.id as method_id,
      outcome,
      ?::bigint + (outcome = 'wrong_amount')::int as amount,
      ?::text as currency,
      is_manual,
      case when is_manual then 'authorized' else 'captured' end as success,
      ?::text as return_url,
      ?::bigint as settle_ms,
      clock_timestamp() as created_at
    from method, (select ?::boolean as is_manual) as capture
    where not exists (select from lost)
  ),
  decided as (
    select
      *,
      case
        when outcome in ('declined', 'insufficient_funds') then 'declined'
        when outcome = 'requires_action' then 'requires_action'
        when outcome like 'processing_then_%' or outcome = 'slow_3s' then 'processing'
        else success
      end as state,
      case outcome when 'declined' then 'card_declined' when 'insufficient_funds' then outcome end as decline_code,
      case
        when outcome in ('processing_then_captured', 'slow_3s') then success
        when outcome = 'processing_then_failed' then 'declined'
      end as settles_to,
      case
        when outcome = 'slow_3s' then created_at + interval '${slowMs} ms'
        when outcome like 'processing_then_%' then created_at + settle_ms * interval '1 ms'
      end as settles_at
    from ordered
  ),
  made as (
    select
      id, reference, customer_id, method_id, amount, currency, is_manual,
      case state when 'captured' then amount else 0 end as captured,
      0 as refunded,
      state, decline_code, return_url, settles_to, settles_at, created_at
    from decided
  ),
  reply as (
    select
      case outcome
        when '500_then_captured' then jsonb_build_object('kind', 'failed')
        when 'slow_3s' then jsonb_build_object(
          'kind', 'done',
          'value', to_jsonb(made) || jsonb_build_object(
            'state', settles_to,
            'captured', case settles_to when 'captured' then amount else 0 end
          )
        )
        else jsonb_build_object('kind', 'done', 'value', to_jsonb(made))
      end as answer,
      case outcome when 'slow_3s' then settles_at else created_at end as answers_at
    from made, method
  ),
  call as (${claimKey(`select ?, ?, answer, answers_at from reply`)}),
  payment as (
    insert into test_provider.payments (
      id, reference, customer_id, method_id, amount, currency, is_manual, captured, refunded,
      state, decline_code, return_url, settles_to, settles_at, created_at
    )
    select made.* from made, call
  ),
  event as (
    insert into test_provider.events (type, payment_id)
    select 'payment.' || state, id from made, call
  )
  select
    (select answer from reply, call) as answer,
    (select outcome from method) as outcome,
    exists (select from lost) as "isLost"`,
)
