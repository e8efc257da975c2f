import {pipeline} from 'node:stream/promises'

import type {Knex} from 'knex'
import type {Client} from 'pg'
import {from as copyFrom} from 'pg-copy-streams'

/** What a column of COPY's text format can be given as; undefined is null. */
export type CopyValue = boolean | number | string | undefined

/** A row in COPY's text format, with its line end. */
export function copyRow(values: readonly CopyValue[]): string {
  let row = ''
  for (const value of values) row += row === '' ? copyField(value) : `\t${copyField(value)}`
  return `${row}\n`
}

function copyField(value: CopyValue): string {
  if (value === undefined) return '\\N'
  return typeof value === 'string' && special.test(value) ? value.replace(everySpecial, escape) : String(value)
}

const special = /[\\\t\n\r]/
const everySpecial = /[\\\t\n\r]/g
const escapes: Record<string, string> = {'\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r'}

function escape(character: string): string {
  return escapes[character] ?? character
}

/**
 * Sends rows of `copyRow` to a table of a transaction, such as `prices (id, amount)`. They go to the server whole: a COPY that
 * has begun ends by itself, whatever happens to the program's own input.
 */
export async function copyRows(trx: Knex.Transaction, target: string, rows: string): Promise<void> {
  const connection = await connectionOf(trx)
  // pg refuses COPY where it pipelines: a statement sent behind it would become its data. Without, that one waits.
  connection.pipeline = false
  try {
    await pipeline([rows], connection.query(copyFrom(`copy ${target} from stdin`)))
  } finally {
    connection.pipeline = true
  }
}

/** A transaction has one connection, which its own client hands out. */
async function connectionOf(trx: Knex.Transaction): Promise<Client & {pipeline: boolean}> {
  const {client} = trx as unknown as {client: {acquireConnection: () => Promise<Client & {pipeline: boolean}>}}
  return client.acquireConnection()
}
