import {constants, createWriteStream, openSync, type WriteStream} from 'node:fs'
import {rename, stat} from 'node:fs/promises'

import {isSystemError} from './system-error.ts'

const limit = 1_000_000
const tailLines = 12

export type ServerLog = {
  write: (chunk: Buffer) => void
  /** The last lines, for an error message that says why the server is not running. */
  tail: () => string
  close: () => void
}

/** Appends to a log file, which is renamed to `<path>.1` when it reaches a megabyte. */
export async function openServerLog(path: string): Promise<ServerLog> {
  let size = await sizeOf(path)
  let stream = open(path)
  let recent = ''

  async function rotate(): Promise<void> {
    size = 0
    await rename(path, `${path}.1`)
    stream?.end()
    stream = open(path)
  }

  return {
    write(chunk) {
      recent = (recent + chunk.toString())
        .split('\n')
        .slice(-tailLines - 1)
        .join('\n')
      stream?.write(chunk)
      size += chunk.length
      if (size > limit) void rotate().catch(giveUp)
    },
    tail: () => recent.trim(),
    close() {
      stream?.end()
    },
  }
}

// Does not wait for the reader of a named pipe either.
const {O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK} = constants
const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK

/** The server must keep running if its log cannot be opened or written, as on a full disk. */
function open(path: string): WriteStream | undefined {
  try {
    return createWriteStream(path, {fd: openSync(path, flags, 0o600)}).on('error', giveUp)
  } catch {
    return undefined
  }
}

function giveUp(): void {
  return
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0
    throw error
  }
}
