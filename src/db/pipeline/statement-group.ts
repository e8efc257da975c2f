import type {PostgresConnection, ProtocolConnection} from 'knex/lib/dialects/postgres/index.js'
import pg, {type Connection, type FieldDef} from 'pg'
import {prepareValue} from 'pg/lib/utils.js'

import {typeParsers} from '../types.ts'

/** A statement that a connection parses and plans once, under its name, which nothing else may have. */
export type NamedStatement = {name: string; text: string}

type Entry = NamedStatement & {
  values: unknown[]
  rows: unknown[]
  resolve: (rows: unknown[]) => void
  reject: (error: unknown) => void
}

type Column = {name: string; parse: (text: string) => unknown}

/** The statements that a connection has parsed, and how the rows of each are read. */
const parsed = new WeakMap<ProtocolConnection, Map<string, Column[]>>()

/**
 * Named statements that go to the server in one write, with one Sync behind them: it answers in one write, too, and runs
 * none after one that fails. Queries of pg have a Sync each, so that both sides wake each other for every one of them,
 * which takes longer than most statements do. (https://www.postgresql.org/docs/18/protocol-flow.html)
 */
export class StatementGroup extends pg.Query {
  readonly #entries: Entry[] = []
  #parsed = new Map<string, Column[]>()
  /** Of the entries, those that ran. */
  #done = 0

  constructor() {
    // pg lets no query of a class of one's own share a connection that pipelines.
    super('')
  }

  /** Resolves with the rows once all of the group was answered; rejects where it failed, or one before it. */
  async add({name, text}: NamedStatement, values: readonly unknown[]): Promise<unknown[]> {
    const entry = {name, text, values: values.map(prepareValue), rows: []}
    return new Promise((resolve, reject) => this.#entries.push({...entry, resolve, reject}))
  }

  send(connection: PostgresConnection): void {
    connection.query(this)
  }

  // What follows is called by pg, in the order of the messages.

  override submit = (pgConnection: Connection): void => {
    // Its types are those of an older pg.
    const connection = pgConnection as unknown as ProtocolConnection
    this.#parsed = parsed.get(connection) ?? new Map<string, Column[]>()
    parsed.set(connection, this.#parsed)
    const names = new Set(this.#parsed.keys())

    connection.stream.cork()
    for (const {name, text, values} of this.#entries) {
      const isParsed = names.has(name)
      if (!isParsed) {
        // The server has it already where a failure came between its Parse and its end.
        connection.close({type: 'S', name})
        connection.parse({name, text})
      }
      connection.bind({statement: name, values})
      if (!isParsed) connection.describe({type: 'P'})
      connection.execute({})
      names.add(name)
    }
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({fields}: {fields: FieldDef[]}): void {
    const columns = fields.map(({name, dataTypeID}) => ({name, parse: typeParsers.getTypeParser(dataTypeID)}))
    this.#parsed.set(this.#current.name, columns)
  }

  handleDataRow({fields}: {fields: (string | null)[]}): void {
    const {name, rows} = this.#current
    const row: Record<string, unknown> = {}
    for (const [index, column] of (this.#parsed.get(name) ?? []).entries()) {
      const text = fields[index] ?? null
      row[column.name] = text === null ? null : column.parse(text)
    }
    rows.push(row)
  }

  handleCommandComplete(): void {
    const {name} = this.#current
    if (!this.#parsed.has(name)) this.#parsed.set(name, [])
    this.#done++
  }

  handleReadyForQuery(): void {
    for (const {resolve, rows} of this.#entries) resolve(rows)
  }

  handleError(error: unknown): void {
    for (const [index, {resolve, reject, rows}] of this.#entries.entries()) {
      if (index < this.#done) resolve(rows)
      else reject(error)
    }
  }

  get #current(): Entry {
    const entry = this.#entries[this.#done]
    if (!entry) throw new Error('PostgreSQL answered more statements than were sent.')
    return entry
  }
}
