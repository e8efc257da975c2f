import type {Clock} from '../machines/clock.ts'
import type {PostgresServer} from '../machines/postgres.ts'
import {descendants, signal} from '../machines/process-tree.ts'
import type {DatabaseTarget, Wait} from './target.ts'

/** The faults of a PostgreSQL without a standby. */
export function singleServer(server: PostgresServer, clock: Clock, wait: Wait): DatabaseTarget {
  return {
    ready: async () => server.restart(),
    clock,
    failOver: undefined,
    isolate: undefined,
    async kill(variant, forMs) {
      const pid = server.pid()
      const sessions = (await descendants(pid)).filter(({command}) => command.startsWith('postgres: shop '))
      const session = sessions[Math.floor(variant * sessions.length)]
      if (variant < 0.25 && session) {
        // The postmaster then ends all sessions and recovers by itself.
        signal(session.pid, 'SIGKILL')
        return 'SIGKILL to a session of PostgreSQL'
      }
      const name = variant < 0.5 ? 'SIGQUIT' : 'SIGKILL'
      signal(pid, name)
      await server.ended()
      await wait(Math.min(forMs, 3000))
      await server.restart()
      return `${name} to PostgreSQL, and a start`
    },
    async pause(_, forMs) {
      const pids = [server.pid(), ...(await descendants(server.pid())).map((child) => child.pid)]
      for (const pid of pids) signal(pid, 'SIGSTOP')
      await wait(forMs)
      for (const pid of pids) signal(pid, 'SIGCONT')
      return `SIGSTOP to PostgreSQL for ${Math.round(forMs / 1000)} s`
    },
  }
}
