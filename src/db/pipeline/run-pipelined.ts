import type {Knex} from 'knex'
import type {Client} from 'pg'

import {plainBegin} from '../borrowed-session.ts'
import {withConnection} from '../connection.ts'
import {ConnectionLostError} from '../errors.ts'
import {keptPlans, localSettings, sessionOptions} from '../session.ts'
import {named, prepare, type PreparedStatement} from './prepared.ts'
import {type NamedStatement, StatementGroup} from './statement-group.ts'

/** READ COMMITTED, as every session of the shop is set up (session.ts). To say it again would take time. */
const begin = prepare('begin', 'begin')
const beginAnywhere = prepare('begin', plainBegin)
/** A server answers the COMMIT of a failed transaction with ROLLBACK, and without an error. */
const commit: NamedStatement = {...prepare('commit', 'commit'), tag: 'COMMIT'}
const rollback = prepare('rollback', 'rollback')

/** For a connection whose session is set up in another way. */
const setUp = prepare(
  'set_up_transaction',
  `select set_config('lock_timeout', ?, true), ${Object.entries(keptPlans)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(', ')}`,
)

export type PipelinedTransaction = {
  /**
   * Sends a statement together with all others that are sent in the same turn of the event loop. If one fails, those
   * behind it fail too, and so does the transaction.
   */
  send<Row>(statement: PreparedStatement, bindings?: readonly unknown[]): Promise<Row[]>
}

/** A pending answer, wrapped: an async function that returned the bare promise would wait for it. */
export type Sent<Result> = {answer: Promise<Result>}

/**
 * Runs a READ COMMITTED transaction whose BEGIN and COMMIT cost no round trip of their own: BEGIN goes with the first
 * statements, and COMMIT with the last ones if `body` returns without waiting for them. Rolls back if `body` throws. Its
 * statements must look rows up by key, since their plans are kept. A statement that waits for a lock longer than `lockMs`
 * fails. Throws the first failure of any statement, awaited or not; then nothing is committed. If the connection is lost,
 * it throws ConnectionLostError, and the outcome of a COMMIT that was sent is not known.
 */
export async function runPipelined<Result>(
  db: Knex,
  {lockMs}: {lockMs: number},
  body: (trx: PipelinedTransaction) => Promise<Result>,
): Promise<Result> {
  return withConnection(db, async (connection) => {
    const sender = new Sender(connection)
    let isOver = false
    const trx: PipelinedTransaction = {
      send<Row>(statement: PreparedStatement, bindings: readonly unknown[] = []) {
        if (isOver) throw new Error('The transaction is over and takes no more statements.')
        return sender.send(named(db, statement), bindings) as Promise<Row[]>
      },
    }
    try {
      if (sessionOptions(connection).prepared === false) {
        void sender.send(beginAnywhere, [])
        void sender.send(prepare('set_up_transaction', localSettings(connection, lockMs)), [])
      } else {
        void sender.send(begin, [])
        if (!isSetUp(connection, lockMs)) void sender.send(setUp, [String(lockMs)])
      }
      const result = await body(trx)
      isOver = true
      await sender.send(commit, [])
      return result
    } catch (error) {
      isOver = true
      const reason = sender.firstFailure ?? error
      await sender.send(rollback, []).catch(() => {
        throw new ConnectionLostError({cause: reason})
      })
      throw reason
    }
  })
}

/** To set up each transaction would take 6 % of the time of a single order. */
function isSetUp(connection: Client, lockMs: number): boolean {
  const session = sessionOptions(connection)
  return session.keepsPlans === true && session.lockMs === lockMs
}

export function sent<Result>(answer: Promise<Result>): Sent<Result> {
  return {answer: handled(answer)}
}

/** Prevents an unhandled rejection if nobody awaits the answer. */
function handled<Result>(answer: Promise<Result>): Promise<Result> {
  answer.catch(() => undefined)
  return answer
}

/** Sends the statements of one turn of the event loop as one group. */
class Sender {
  /** The answer to COMMIT says only that something failed before it. */
  firstFailure: unknown
  readonly #connection: Client
  #group: StatementGroup | undefined

  constructor(connection: Client) {
    this.#connection = connection
  }

  send(statement: NamedStatement, values: readonly unknown[]): Promise<unknown[]> {
    const answer = this.#openGroup().add(statement, values)
    answer.catch((error: unknown) => (this.firstFailure ??= error))
    return answer
  }

  #openGroup(): StatementGroup {
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
