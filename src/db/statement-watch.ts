import type {Client} from 'pg'

import {type ActiveQuery, internalsOf} from './pg-internals.ts'
import {sessionOptions} from './session.ts'

export type SlowStatement = {
  /** The connection pool. */
  pool: string
  /** The server's process, as in pg_stat_activity; not known behind a pooler that lends sessions. */
  pid: number | undefined
  /** Its name, or the beginning of its text. It has no values. */
  statement: string
  /** How long it has been running at least. */
  ms: number
}

export type StatementWatch = {
  add: (client: Client, pool: string) => void
  close: () => void
}

type Seen = {pool: string; query: ActiveQuery | null; since: number; isReported: boolean}

const textLength = 200

/**
 * Reports statements while they run, once each, from `slowMs` on. It looks at the connections now and then, so that
 * statements cost nothing.
 */
export function watchStatements(
  {slowMs, lookMs, clock = () => performance.now()}: {slowMs: number; lookMs: number; clock?: () => number},
  report: (slow: SlowStatement) => void,
): StatementWatch {
  const connections = new Map<Client, Seen>()
  const timer = setInterval(() => {
    const now = clock()
    for (const [client, seen] of connections) {
      const query = internalsOf(client)._activeQuery
      if (query !== seen.query) Object.assign(seen, {query, since: now, isReported: false})
      if (query === null || seen.isReported || now - seen.since < slowMs) continue
      seen.isReported = true
      report({pool: seen.pool, ...describe(client, query), ms: Math.round(now - seen.since)})
    }
  }, lookMs).unref()

  return {
    add(client, pool) {
      connections.set(client, {pool, query: null, since: 0, isReported: false})
      client.once('end', () => connections.delete(client))
    },
    close() {
      clearInterval(timer)
    },
  }
}

function describe(client: Client, {name, text = ''}: ActiveQuery): Pick<SlowStatement, 'pid' | 'statement'> {
  return {
    pid: sessionOptions(client).prepared === false ? undefined : (internalsOf(client).processID ?? undefined),
    statement: name ?? text.replaceAll(/\s+/g, ' ').trim().slice(0, textLength),
  }
}
