import {type FileHandle, open} from 'node:fs/promises'

import {InvalidFixtureError} from '../errors.ts'
import {explainRead} from './file-errors.ts'

export type FixtureInput = {
  bytes: AsyncIterable<Uint8Array>
  /** In bytes. Undefined if it is not known in advance, as for standard input. */
  size: number | undefined
}

/** Opens a file, or standard input for `-`. Throws a usage error if it cannot be read. */
export async function openFixture(file: string): Promise<FixtureInput> {
  if (file === '-') return {bytes: readStandardInput(), size: undefined}
  try {
    const handle = await open(file)
    const stat = await handle.stat()
    if (stat.isDirectory()) throw Object.assign(new Error('EISDIR'), {code: 'EISDIR', syscall: 'read'})
    return {bytes: readFile(handle, file), size: stat.isFile() ? stat.size : undefined}
  } catch (error) {
    throw explainRead(error, file)
  }
}

async function* readStandardInput(): AsyncGenerator<Uint8Array> {
  try {
    yield* process.stdin as AsyncIterable<Uint8Array>
  } catch (error) {
    throw explainRead(error, '-')
  }
}

/** A file that another program is writing would be loaded in part. */
async function* readFile(handle: FileHandle, file: string): AsyncGenerator<Uint8Array> {
  try {
    const before = await handle.stat({bigint: true})
    yield* handle.createReadStream({autoClose: false}) as AsyncIterable<Uint8Array>
    const after = await handle.stat({bigint: true})
    if (before.isFile() && (before.size !== after.size || before.mtimeNs !== after.mtimeNs)) {
      const reason = 'changed while it was read; try again when nothing writes to it'
      throw new InvalidFixtureError([{record: 'the file', reason}])
    }
  } catch (error) {
    throw explainRead(error, file)
  } finally {
    await handle.close()
  }
}
