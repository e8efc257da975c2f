import {createInterface} from 'node:readline'
import type {Readable} from 'node:stream'

import type {Knex} from 'knex'

import {withConnection} from '../db/connection.ts'
import {messageOf} from '../db/errors.ts'
import {printable} from './show/format.ts'

export type SqlResult = {columns: string[]; rows: (string | null)[][]; command: string}

type SqlShell = {
  input: Readable
  isTerminal: boolean
  /** Prints a result, of which there may be several for a text. */
  show: (result: SqlResult) => void
  fail: (message: string) => void
}

/**
 * Runs SQL as it is typed, in one session. A statement ends with a semicolon at the end of a line. Without a terminal, it
 * ends at the first failure. Returns whether all statements succeeded.
 */
export async function runSqlShell(db: Knex, {input, isTerminal, show, fail}: SqlShell): Promise<boolean> {
  return withConnection(db, async (client) => {
    const lines = createInterface({input, output: isTerminal ? process.stderr : undefined, prompt: 'sql=> '})
    if (isTerminal) lines.prompt()
    let statement = ''
    for await (const line of lines) {
      if (statement === '' && /^\s*(\\q|exit|quit)\s*;?\s*$/.test(line)) break
      statement += `${line}\n`
      if (statement.trim() === '') statement = ''
      if (/;\s*$/.test(statement)) {
        const isDone = await execute(statement)
        statement = ''
        if (!isDone && !isTerminal) return false
      }
      lines.setPrompt(statement === '' ? 'sql=> ' : 'sql-> ')
      if (isTerminal) lines.prompt()
    }
    return statement.trim() === '' || execute(statement)

    async function execute(sql: string): Promise<boolean> {
      try {
        // Without parsers, values are shown as PostgreSQL writes them.
        const types = {getTypeParser: () => (text: string) => text}
        const results = await client.query({text: sql, rowMode: 'array', types})
        for (const {fields, rows, command, rowCount} of [results].flat()) {
          show({
            columns: fields.map(({name}) => name),
            rows: (rows as (string | null)[][]).map((row) =>
              row.map((cell) => (cell === null ? null : printable(cell))),
            ),
            command: rowCount === null ? command : `${command} ${rowCount}`,
          })
        }
        return true
      } catch (error) {
        fail(messageOf(error))
        return false
      }
    }
  })
}
