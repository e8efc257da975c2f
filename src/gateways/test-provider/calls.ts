import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {ProviderBusyError, RefusedError, UnknownOutcomeError} from '../gateway.ts'

/** A call as its key remembers it. */
export type Call = {key: string; operation: string; parameters: readonly unknown[]}

/** What the first call with a key was answered, and every repeat is. */
export type Answer<Value> =
  {kind: 'done'; value: Value} | {kind: 'failed'} | {kind: 'refused'; code: string; message: string}

/** What is compared between calls with one key. */
export function requestOf({operation, parameters}: Call): string {
  return JSON.stringify([operation, ...parameters])
}

/** Claims the key `?` for the request `?`, with the answer `?`. Returns nothing if another call had it in the last day. */
export function claimKey(source: string): string {
  return `
    insert into test_provider.calls (key, request, answer, answers_at)
    ${source}
    on conflict (key) do update
    set request = excluded.request, answer = excluded.answer, answers_at = excluded.answers_at
    where calls.answers_at < clock_timestamp() - interval '24 hours'
    returning key`
}

/** Runs a call once for its key, with all that it writes. `act` refuses before it writes anything. */
export async function runOnce<Value>(
  db: Knex,
  call: Call,
  act: (trx: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  const first = await db.transaction(async (trx) => {
    // Waits while another call with the same key is on its way to COMMIT.
    const claimed = await query(trx, claimKey('values (?, ?, null, clock_timestamp())'), [call.key, requestOf(call)])
    if (claimed.length === 0) return undefined
    const answer = await answerOf(async () => act(trx))
    await query(trx, 'update test_provider.calls set answer = ?::jsonb where key = ?', [
      JSON.stringify(answer),
      call.key,
    ])
    return answer
  })
  return first ? deliver(first) : repeatAnswer<Value>(db, call)
}

async function answerOf<Value>(act: () => Promise<Value>): Promise<Answer<Value>> {
  try {
    return {kind: 'done', value: await act()}
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return {kind: 'refused', code: error.code, message: error.message}
  }
}

/** The answer to a call whose key is taken. Refuses it if it is another call. */
export async function repeatAnswer<Value>(db: Knex, call: Call): Promise<Value> {
  const {request, answer, isBusy} = onlyRow(
    await query<{request: string; answer: Answer<Value>; isBusy: boolean}>(
      db,
      `select request, answer, answers_at > clock_timestamp() as "isBusy" from test_provider.calls where key = ?`,
      [call.key],
    ),
  )
  if (request !== requestOf(call)) {
    throw new RefusedError('idempotency_error', `The key "${call.key}" was used for another request.`)
  }
  if (isBusy) throw new ProviderBusyError('A call with this key is not finished.')
  return deliver(answer)
}

export function deliver<Value>(answer: Answer<Value>): Value {
  if (answer.kind === 'refused') throw new RefusedError(answer.code, answer.message)
  if (answer.kind === 'failed') throw new UnknownOutcomeError('The provider answered with status 500.')
  return answer.value
}
