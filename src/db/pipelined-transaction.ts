import type {Knex} from 'knex'
import type {PostgresConnection} from 'knex/lib/dialects/postgres/index.js'

import {collectWrites} from './collect-writes.ts'
import {type PreparedStatement, runPrepared, withConnection} from './prepared.ts'

/**
 * For some of the statements the planner expects more of a plan of its own each time, which takes longer to make than to
 * run: the one that is kept is used.
 */
const begin = 'begin isolation level read committed; set local plan_cache_mode = force_generic_plan'

export type PipelinedTransaction = {
  /**
   * Puts a statement on its way; the next one need not wait for its answer. A failure is for whoever waits for the rows.
   * Those after it fail too, and a COMMIT rolls back.
   */
  send<Row>(statement: PreparedStatement, bindings?: readonly unknown[]): Promise<Row[]>
}

/** What was sent, and is waited for later: a promise that comes out of an async function would be waited for there. */
export type Sent<Result> = {answer: Promise<Result>}

/**
 * A READ COMMITTED transaction whose BEGIN and COMMIT cost no round trip of their own. COMMIT follows the last statement
 * of `body`, answered or not: who sent it waits for the answer afterwards, which tells of a failure that COMMIT rolled
 * back without a word. Rolls back where `body` throws.
 */
export async function runPipelined<Result>(
  db: Knex,
  body: (trx: PipelinedTransaction) => Promise<Result>,
): Promise<Result> {
  return withConnection(db, async (connection) => {
    let isOver = false
    const begun = handled(runPlain(connection, begin))
    const trx: PipelinedTransaction = {
      send<Row>(statement: PreparedStatement, bindings: readonly unknown[] = []) {
        if (isOver) throw new Error('A transaction that is over takes no statements.')
        return handled(runPrepared<Row>(db, connection, statement, bindings))
      },
    }
    try {
      const result = await body(trx)
      await begun
      isOver = true
      await runPlain(connection, 'commit')
      return result
    } catch (error) {
      // Where COMMIT failed there is nothing to roll back. Where this fails the connection is gone, and the transaction
      // with it.
      if (!isOver) await runPlain(connection, 'rollback').catch(() => undefined)
      isOver = true
      throw error
    }
  })
}

/** Nobody may come to wait for it: when an earlier one fails, the rest is given up. */
export function sent<Result>(answer: Promise<Result>): Sent<Result> {
  return {answer: handled(answer)}
}

function handled<Result>(answer: Promise<Result>): Promise<Result> {
  answer.catch(() => undefined)
  return answer
}

async function runPlain(connection: PostgresConnection, text: string): Promise<void> {
  collectWrites(connection)
  await connection.query({text})
}
