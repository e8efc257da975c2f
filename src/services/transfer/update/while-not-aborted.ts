import type {Knex} from 'knex'

import {onlyRow, query} from '../../../db/query.ts'

/** Runs a part of a transaction. If the signal aborts, cancels the statement that is running, so that the part fails. */
export async function whileNotAborted<Result>(
  db: Knex,
  trx: Knex.Transaction,
  signal: AbortSignal | undefined,
  run: () => Promise<Result>,
): Promise<Result> {
  if (!signal) return run()
  signal.throwIfAborted()
  const {pid} = onlyRow(await query<{pid: number}>(trx, 'select pg_backend_pid() as pid'))
  let cancelling: Promise<unknown> | undefined
  const cancel = (): void => {
    // Without a connection to cancel on, the transaction stops at its next step.
    cancelling = query(db, 'select pg_cancel_backend(?)', [pid]).catch(() => undefined)
  }
  signal.addEventListener('abort', cancel)
  try {
    return await run()
  } finally {
    signal.removeEventListener('abort', cancel)
    // Or it would cancel what the connection runs next.
    await cancelling
  }
}

/** The pieces of a source that may be slow. Throws the signal's reason as soon as it aborts. */
export async function* untilAborted<Piece>(
  source: AsyncIterable<Piece>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Piece, void> {
  if (!signal) {
    yield* source
    return
  }
  const pieces = source[Symbol.asyncIterator]()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
  aborted.catch(() => undefined)
  let isDone = false
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), aborted])
      isDone = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // A source that is still waiting for input would never end.
    if (!isDone && !signal.aborted) await pieces.return?.()
  }
}
