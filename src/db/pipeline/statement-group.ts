import type {Client, Connection, FieldDef, Submittable} from 'pg'
import type {ProtocolConnection} from 'pg/lib/connection.js'
import {prepareValue} from 'pg/lib/utils.js'

import {UnreplicatedCommitError} from '../errors.ts'
import {sessionOptions} from '../session.ts'
import {typeParsers} from '../types.ts'

/** A statement that a session parses and plans once, if it is the connection's own, under a name that no other may have. */
export type NamedStatement = {
  name: string
  text: string
  /** The command tag that the server must answer with. Any other answer rejects the statement. */
  tag?: string
}

type Entry = NamedStatement & {
  values: unknown[]
  rows: unknown[]
  /** Why this statement failed, although the server ran it and went on. */
  error?: unknown
  resolve: (rows: unknown[]) => void
  reject: (error: unknown) => void
}

type Column = {name: string; parse: (text: string) => unknown}

/** A statement that a connection knows: its text, and how to read its rows. */
type Parsed = {text: string; columns: Column[]}

const parsedStatements = new WeakMap<ProtocolConnection, Map<string, Parsed>>()

/**
 * Named statements that go to the server in one write, with one Sync behind them. The server answers in one write too,
 * and runs none after one that fails. pg's own queries have a Sync each, so that both sides wake each other for every
 * one of them, which takes longer than most of the statements do.
 * (https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY)
 */
export class StatementGroup implements Submittable {
  /** pg sets it to stop the timer of `query_timeout`, and expects it to be called when the query is done. */
  callback?: () => void
  readonly #entries: Entry[] = []
  #parsed = new Map<string, Parsed>()
  /** Whether the session keeps what is parsed. */
  #isNamed = true
  /** How many of the entries ran. */
  #done = 0

  /** Resolves with the rows once the whole group is answered. Rejects if this statement, or one before it, fails. */
  async add({name, text, tag}: NamedStatement, values: readonly unknown[]): Promise<unknown[]> {
    const entry = {name, text, values: values.map(encode), rows: [], ...(tag !== undefined && {tag})}
    return new Promise((resolve, reject) => this.#entries.push({...entry, resolve, reject}))
  }

  /** For whoever asks what a connection is doing. */
  get name(): string {
    return this.#entries.map(({name}) => name).join(', ')
  }

  send(client: Client): void {
    this.#isNamed = sessionOptions(client).prepared !== false
    client.query(this)
  }

  // pg calls the methods below, in the order in which the messages arrive.

  /** Returns an error instead of sending anything if a name stands for two texts: the server would run the first one. */
  submit(pgConnection: Connection): Error | undefined {
    // The types of pg describe an older version.
    const connection = pgConnection as unknown as ProtocolConnection
    if (!this.#isNamed) {
      this.#submitUnnamed(connection)
      return undefined
    }
    this.#parsed = parsedStatements.get(connection) ?? new Map<string, Parsed>()
    parsedStatements.set(connection, this.#parsed)
    /** The statements that still have to be parsed; usually none. */
    const texts = new Map<string, string>()
    for (const {name, text} of this.#entries) {
      const known = this.#parsed.get(name)?.text ?? texts.get(name)
      if (known === undefined) texts.set(name, text)
      else if (known !== text) return new Error(`The statement name "${name}" is used for two different texts.`)
    }

    connection.stream.cork()
    for (const {name, text, values} of this.#entries) {
      // Deletes the name as well, since the server is to parse it once.
      const isParsed = !texts.delete(name)
      if (!isParsed) {
        // The server knows it already if an earlier attempt failed between Parse and its end.
        connection.close({type: 'S', name})
        connection.parse({name, text})
      }
      connection.bind({statement: name, values})
      if (!isParsed) connection.describe({type: 'P'})
      connection.execute({})
    }
    connection.sync()
    connection.stream.uncork()
    return undefined
  }

  #submitUnnamed(connection: ProtocolConnection): void {
    connection.stream.cork()
    for (const {text, values} of this.#entries) {
      connection.parse({name: '', text})
      connection.bind({statement: '', values})
      connection.describe({type: 'P'})
      connection.execute({})
    }
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({fields}: {fields: FieldDef[]}): void {
    const columns = fields.map(({name, dataTypeID}) => ({name, parse: typeParsers.getTypeParser(dataTypeID)}))
    const {name, text} = this.#current
    this.#parsed.set(name, {text, columns})
  }

  handleDataRow({fields}: {fields: (string | null)[]}): void {
    const entry = this.#current
    const {name, rows} = entry
    try {
      rows.push(readRow(this.#parsed.get(name)?.columns ?? [], fields))
    } catch (error) {
      // Thrown here, it would end the process.
      entry.error ??= error
    }
  }

  handleCommandComplete({text: tag}: {text: string}): void {
    const entry = this.#current
    if (!this.#parsed.has(entry.name)) this.#parsed.set(entry.name, {text: entry.text, columns: []})
    if (entry.tag !== undefined && entry.tag !== tag) {
      entry.error = new Error(`The server answered "${entry.text}" with ${tag}.`)
    }
    this.#done++
  }

  handleReadyForQuery(): void {
    this.callback?.()
    for (const {resolve, reject, rows, error} of this.#entries) {
      if (error !== undefined) reject(error)
      else resolve(rows)
    }
  }

  handleError(error: unknown): void {
    this.callback?.()
    for (const [index, {resolve, reject, rows, error: own}] of this.#entries.entries()) {
      // What a COMMIT does not keep has not happened.
      const isKept = index < this.#done && !(error instanceof UnreplicatedCommitError)
      if (isKept && own === undefined) resolve(rows)
      else reject(own ?? error)
    }
  }

  get #current(): Entry {
    const entry = this.#entries[this.#done]
    if (!entry) throw new Error('PostgreSQL answered more statements than were sent.')
    return entry
  }
}

/** As pg does, but for arrays of numbers, which pg quotes one by one. */
function encode(value: unknown): unknown {
  const isNumbers = Array.isArray(value) && value.every((item) => typeof item === 'number')
  return isNumbers ? `{${value.join(',')}}` : prepareValue(value)
}

function readRow(columns: Column[], fields: (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const [index, column] of columns.entries()) {
    const text = fields[index] ?? null
    row[column.name] = text === null ? null : column.parse(text)
  }
  return row
}
