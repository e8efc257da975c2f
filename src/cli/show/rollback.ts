import type {Rollback} from '../../db/roll-back.ts'
import {printable} from './format.ts'

/** The database, the migration, and what is lost with it: a line each. */
export function describeRollback({database, migration, tables, columns}: Rollback): string {
  const lost = [
    ...tables.map(({table, rows}) => `  table ${printable(table)}: ${countRows(rows)}`),
    ...columns.map(({table, column, rows}) => `  column ${printable(`${table}.${column}`)}: ${countRows(rows)}`),
  ]
  const heading = `Rolling back ${migration} in the database ${printable(database)}`
  return lost.length === 0
    ? `${heading} deletes no tables and no columns.`
    : [`${heading} deletes for good:`, ...lost].join('\n')
}

function countRows(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`
}
