import {open} from 'node:fs/promises'

import {Errors} from '@oclif/core'

export type FixtureInput = {
  bytes: AsyncIterable<Uint8Array>
  /** In bytes. Undefined if it is not known in advance, as for standard input. */
  size: number | undefined
}

/** Opens a file, or standard input for `-`. Throws a usage error if it cannot be read. */
export async function openFixture(file: string): Promise<FixtureInput> {
  if (file === '-') return {bytes: process.stdin, size: undefined}
  try {
    const handle = await open(file)
    const stat = await handle.stat()
    if (stat.isDirectory()) throw new Error('It is a directory.')
    return {bytes: handle.createReadStream(), size: stat.isFile() ? stat.size : undefined}
  } catch (error) {
    const {message} = error as NodeJS.ErrnoException
    throw new Errors.CLIError(`Cannot read the file. ${message}`, {exit: 2})
  }
}
