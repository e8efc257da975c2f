import type {Knex} from 'knex'
import type {PostgresConnection} from 'knex/lib/dialects/postgres/index.js'

import {named, prepare, type PreparedStatement, withConnection} from './prepared.ts'
import {type NamedStatement, StatementGroup} from './statement-group.ts'

const begin = prepare('begin', 'begin isolation level read committed')
const commit = prepare('commit', 'commit')
const rollback = prepare('rollback', 'rollback')

/**
 * The plans of its statements are kept: for some of them the planner expects more of one for each time, which takes longer
 * to make than to run. Made without knowing how few rows are asked for, they must not read a table of some thousand rows
 * whole: they look up by key.
 */
const keepPlans = prepare(
  'keep_plans',
  `select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)`,
)

export type PipelinedTransaction = {
  /**
   * Puts a statement on its way, together with all others before the program next waits. Where one fails, those behind
   * it fail too, and the transaction with them.
   */
  send<Row>(statement: PreparedStatement, bindings?: readonly unknown[]): Promise<Row[]>
}

/** What was sent, and is waited for later: a promise that comes out of an async function would be waited for there. */
export type Sent<Result> = {answer: Promise<Result>}

/**
 * A READ COMMITTED transaction whose BEGIN and COMMIT cost no round trip of their own: the one goes with the first
 * statements, the other with the last, if `body` returns without waiting for them. Throws what failed of all that was sent,
 * waited for or not. Rolls back where `body` throws.
 */
export async function runPipelined<Result>(
  db: Knex,
  body: (trx: PipelinedTransaction) => Promise<Result>,
): Promise<Result> {
  return withConnection(db, async (connection) => {
    const sender = new Sender(connection)
    let isOver = false
    const trx: PipelinedTransaction = {
      send<Row>(statement: PreparedStatement, bindings: readonly unknown[] = []) {
        if (isOver) throw new Error('A transaction that is over takes no statements.')
        return sender.send(named(db, statement), bindings) as Promise<Row[]>
      },
    }
    try {
      for (const statement of [begin, keepPlans]) void sender.send(named(db, statement), [])
      const result = await body(trx)
      isOver = true
      await sender.send(named(db, commit), [])
      return result
    } catch (error) {
      isOver = true
      // Where this fails the connection is gone, and the transaction with it.
      await sender.send(named(db, rollback), []).catch(() => undefined)
      throw error
    }
  })
}

export function sent<Result>(answer: Promise<Result>): Sent<Result> {
  return {answer: handled(answer)}
}

/** Nobody may come to wait for it: when an earlier one fails, the rest is given up. */
function handled<Result>(answer: Promise<Result>): Promise<Result> {
  answer.catch(() => undefined)
  return answer
}

/** Sends what is added before the program next waits as one group. */
class Sender {
  readonly #connection: PostgresConnection
  #group: StatementGroup | undefined

  constructor(connection: PostgresConnection) {
    this.#connection = connection
  }

  send(statement: NamedStatement, values: readonly unknown[]): Promise<unknown[]> {
    return handled(this.#open().add(statement, values))
  }

  #open(): StatementGroup {
    if (this.#group) return this.#group
    const group = new StatementGroup()
    this.#group = group
    process.nextTick(() => {
      this.#group = undefined
      group.send(this.#connection)
    })
    return group
  }
}
