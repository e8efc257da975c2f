import type {PostgresConnection} from 'knex/lib/dialects/postgres/index.js'

/** What is sent before the program next waits goes in one write: a write costs more than the statement's own work. */
export function collectWrites({connection: {stream}}: PostgresConnection): void {
  stream.cork()
  process.nextTick(() => {
    stream.uncork()
  })
}
