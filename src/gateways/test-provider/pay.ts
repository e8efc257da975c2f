import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import {onlyRow, query} from '../../db/query.ts'
import {grouped} from '../../grouped.ts'
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

export type Pay = (order: PaymentOrder & {key: string}, signal: AbortSignal) => Promise<PaymentRow>

/** Calls of one statement. */
const mostAtOnce = 100

/**
 * Makes payments of their methods' kinds. A payment is made even if the caller is gone before it is answered. Calls that come
 * at the same time are written in one transaction, because benchmarks pay with this provider.
 */
export function createPay(db: Knex, {settleMs}: {settleMs: number}): Pay {
  const write = grouped(async (calls: PayCall[]) => writeAll(db, calls, settleMs), mostAtOnce)

  return async (order, signal) => {
    const {key, reference, customerId, methodId, money, returnUrl, capture} = order
    requirePositive(money.amount)
    const parameters = [reference, customerId, methodId, money.amount, money.currency, returnUrl ?? null, capture]
    const call: PayCall = {key, operation: 'pay', parameters, order}
    const {answer, outcome, isLost} = await write(call)
    if (isLost || (answer && outcome === 'timeout_then_captured')) await delay(foreverMs, undefined, {signal})
    if (answer && outcome === 'slow_3s') await delay(slowMs + timerMs, undefined, {signal})
    if (answer) return deliver(answer)

    const known = await query(db, 'select from test_provider.calls where key = ?', [key])
    if (known.length > 0) return repeatAnswer(db, call)
    throw new RefusedError('resource_missing', `The customer has no payment method "${methodId}".`)
  }
}

type PayCall = Call & {order: PaymentOrder}

/** Of calls with one key, each is written after the one before it. */
async function writeAll(db: Knex, calls: PayCall[], settleMs: number): Promise<Reply[]> {
  const replies = new Map<PayCall, Reply>()
  for (let left = calls; left.length > 0; left = left.filter((call) => !replies.has(call))) {
    const group = [...new Map(left.toReversed().map((call) => [call.key, call])).values()]
    const written = await writeGroup(db, group, settleMs)
    for (const [index, call] of group.entries()) replies.set(call, onlyRow(written.slice(index, index + 1)))
  }
  return calls.flatMap((call) => replies.get(call) ?? [])
}

async function writeGroup(db: Knex, calls: PayCall[], settleMs: number): Promise<Reply[]> {
  const orders = calls.map(({order}) => order)
  return queryPrepared<Reply>(db, pay, [
    calls.map(({key}) => key),
    calls.map(requestOf),
    calls.map(() => `test_pay_${randomUUID().replaceAll('-', '')}`),
    orders.map(({reference}) => reference),
    orders.map(({customerId}) => customerId),
    orders.map(({methodId}) => methodId),
    orders.map(({money}) => money.amount),
    orders.map(({money}) => money.currency),
    orders.map(({returnUrl}) => returnUrl ?? null),
    orders.map(({capture}) => capture === 'manual'),
    settleMs,
  ])
}

/**
 * A payment that is slow is settled already in its answer, which is kept from the start: it is charged whether or not the shop
 * lives to hear of it.
 */
const pay = prepare(
  'test_provider_pay',
  `
  with asked as (
    select asked.*, outcome
    from unnest(
      ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::boolean[]
    ) with ordinality as asked (
      key, request, id, reference, customer_id, method_id, price, currency, return_url, is_manual, place
    )
    left join test_provider.methods
      on methods.id = method_id and methods.customer_id = asked.customer_id and detached_at is null
  ),
  lost as (
    insert into test_provider.lost_calls (key)
    select key from asked where outcome = 'timeout_then_nothing' order by key
    on conflict do nothing
    returning key
  ),
  ordered as (
    select
      *,
      price + (outcome = 'wrong_amount')::int as amount,
      case when is_manual then 'authorized' else 'captured' end as success,
      ?::bigint as settle_ms,
      clock_timestamp() as created_at
    from asked
    where outcome is not null and key not in (select key from lost)
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
    select *, case state when 'captured' then amount else 0 end as captured, 0 as refunded from decided
  ),
  reply as (
    select
      key,
      request,
      case outcome
        when '500_then_captured' then jsonb_build_object('kind', 'failed')
        else jsonb_build_object(
          'kind', 'done',
          'value', jsonb_build_object(
            'id', id,
            'reference', reference,
            'customer_id', customer_id,
            'amount', amount,
            'currency', currency,
            'is_manual', is_manual,
            'captured', case outcome when 'slow_3s' then case success when 'captured' then amount else 0 end else captured end,
            'refunded', refunded,
            'state', case outcome when 'slow_3s' then success else state end,
            'decline_code', decline_code,
            'return_url', return_url,
            'created_at', created_at
          )
        )
      end as answer,
      case outcome when 'slow_3s' then settles_at else created_at end as answers_at
    from made
  ),
  call as (${claimKey('select key, request, answer, answers_at from reply order by key')}),
  payment as (
    insert into test_provider.payments (
      id, reference, customer_id, method_id, amount, currency, is_manual, captured, refunded,
      state, decline_code, return_url, settles_to, settles_at, created_at
    )
    select
      id, reference, customer_id, method_id, amount, currency, is_manual, captured, refunded,
      state, decline_code, return_url, settles_to, settles_at, created_at
    from made join call using (key)
  ),
  event as (
    insert into test_provider.events (type, payment_id)
    select 'payment.' || state, id from made join call using (key) order by place
  )
  select
    case when call.key is not null then answer end as answer,
    outcome,
    lost.key is not null as "isLost"
  from asked
  left join reply using (key)
  left join call using (key)
  left join lost using (key)
  order by place`,
)
