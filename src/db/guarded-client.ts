import type {Readable} from 'node:stream'

import pg from 'pg'

import {internalsOf} from './pg-internals.ts'

/**
 * A client of pg that loses its connection if an answer cannot be read, for example because the server asks for a method of
 * authentication that pg does not know, such as GSS, or because it is not PostgreSQL. pg reads answers in a listener of the
 * stream, where an error would end the process.
 */
export class GuardedClient extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super(config)
    const {connection} = internalsOf(this)
    const attach = connection.attachListeners.bind(connection)
    connection.attachListeners = (stream) => {
      attach(stream)
      guard(stream)
    }
  }
}

function guard(stream: Readable): void {
  for (const read of stream.listeners('data') as ((chunk: Buffer) => void)[]) {
    stream.off('data', read)
    stream.on('data', (chunk: Buffer) => {
      try {
        read(chunk)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        const failure = new Error(`the answer of the database cannot be read: ${reason}`, {cause: error})
        stream.destroy(Object.assign(failure, {code: 'ECONNRESET'}))
      }
    })
  }
}
