import type {Client} from 'pg'

import {type ActiveQuery, internalsOf} from './pg-internals.ts'

export type TransactionSettings = {
  /** A query without rows. */
  settings: string
  /** The same for a transaction of one snapshot, which a query would take before the transaction has its locks. */
  commands: string
}

const beginning = /^\s*begin\b/i

/** Or one with a semicolon in a literal. */
const severalStatements = /;\s*\S/

/** READ COMMITTED, whatever the session was told by others. */
export const plainBegin = 'begin isolation level read committed not deferrable'

/**
 * For a pooler that lends another session for each transaction: its settings go in front of whatever begins a transaction, in
 * the same write. What it sets is local to the transaction, so that no other client of the pooler
 * inherits it. All that is sent up to a Sync is one transaction, also without BEGIN. A group of statements that begins with
 * BEGIN brings its own settings.
 */
export function setEachTransaction(client: Client, {settings, commands}: TransactionSettings): void {
  const internals = internalsOf(client)
  const {connection} = internals
  const [parse, query] = [connection.parse.bind(connection), connection.query.bind(connection)]
  let begun: ActiveQuery | null = null

  /** Whether a message is the first of its transaction. */
  const begins = (): boolean => {
    const {_txStatus: status, _activeQuery: active} = internals
    if (status !== 'I' || active === begun) return false
    begun = active
    return true
  }

  const set = (): void => {
    parse({name: '', text: settings})
    connection.bind({statement: '', values: []})
    connection.execute({})
    skipAnswer(internals._activeQuery)
  }

  connection.parse = (statement) => {
    if (begins() && !beginning.test(statement.text)) set()
    parse(statement)
  }
  connection.query = (text) => {
    if (!begins()) query(text)
    else if (beginning.test(text)) {
      if (/^\s*begin;?\s*$/i.test(text)) query(`${plainBegin}; ${settings}`)
      else query(`${text.replace(/;\s*$/, '')}; ${commands}`)
    } else if (severalStatements.test(text)) {
      query(`${settings}; ${text}`)
      skipAnswer(internals._activeQuery)
    } else {
      // With the simple protocol, the time limit that another client left would hold for the whole message.
      connection.stream.cork()
      set()
      parse({name: '', text})
      connection.bind({statement: '', values: []})
      connection.describe({type: 'P'})
      connection.execute({})
      connection.sync()
      connection.stream.uncork()
    }
  }
}

/** The settings have no rows, so the end of their statement is all that pg would hand to the query. */
function skipAnswer(query: ActiveQuery | null): void {
  if (!query) return
  query.handleCommandComplete = () => {
    // What is left is the method of its class.
    delete query.handleCommandComplete
  }
}
