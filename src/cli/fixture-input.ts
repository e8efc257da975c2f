import {open} from 'node:fs/promises'

import {Errors} from '@oclif/core'

export type FixtureInput = {
  bytes: AsyncIterable<Uint8Array>
  /** Undefined for what only its end tells, such as standard input. */
  size: number | undefined
}

/** A file, or standard input under `-`. Throws a usage error for what cannot be read. */
export async function openFixture(file: string): Promise<FixtureInput> {
  if (file === '-') return {bytes: process.stdin, size: undefined}
  try {
    const handle = await open(file)
    const stat = await handle.stat()
    if (stat.isDirectory()) throw new Error('It is a folder.')
    return {bytes: handle.createReadStream(), size: stat.isFile() ? stat.size : undefined}
  } catch (error) {
    const {message} = error as NodeJS.ErrnoException
    throw new Errors.CLIError(`The file cannot be read. ${message}`, {exit: 2})
  }
}
