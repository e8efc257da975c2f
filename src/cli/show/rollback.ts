import type {Rollback} from '../../db/roll-back.ts'
import {countOf} from '../../text.ts'
import {printable} from './format.ts'

/** The database, the migration, and what is lost with it: a line each. */
export function describeRollback({database, migration, tables, columns}: Rollback): string {
  const lost = [
    ...tables.map(({table, rows}) => `  table ${printable(table)}: ${countOf(rows, 'row')}`),
    ...columns.map(({table, column, rows}) => `  column ${printable(`${table}.${column}`)}: ${countOf(rows, 'row')}`),
  ]
  const heading = `Rolling back ${migration} in the database ${printable(database)}`
  return lost.length === 0
    ? `${heading} deletes no tables and no columns.`
    : [`${heading} deletes for good:`, ...lost].join('\n')
}
