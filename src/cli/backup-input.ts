import {createReadStream} from 'node:fs'

import {explainRead} from './file-errors.ts'

/** The bytes of a file, or of standard input for `-`. Reading throws a usage error if the file cannot be read. */
export async function* readBackup(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw explainRead(error, file)
  }
}
