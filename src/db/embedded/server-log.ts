import {createWriteStream, type WriteStream} from 'node:fs'
import {rename, stat} from 'node:fs/promises'

import {isSystemError} from './system-error.ts'

const limit = 1_000_000
const tailLines = 12

export type ServerLog = {
  write: (chunk: Buffer) => void
  /** The last lines, for a message that says why the server does not run. */
  tail: () => string
  close: () => void
}

/** Appends to a log file, and at a megabyte puts it aside as `<path>.1`. */
export async function openServerLog(path: string): Promise<ServerLog> {
  let size = await sizeOf(path)
  let stream = open(path)
  let recent = ''

  async function rotate(): Promise<void> {
    size = 0
    await rename(path, `${path}.1`)
    stream.end()
    stream = open(path)
  }

  return {
    write(chunk) {
      recent = (recent + chunk.toString())
        .split('\n')
        .slice(-tailLines - 1)
        .join('\n')
      stream.write(chunk)
      size += chunk.length
      if (size > limit) void rotate().catch(giveUp)
    },
    tail: () => recent.trim(),
    close() {
      stream.end()
    },
  }
}

function open(path: string): WriteStream {
  return createWriteStream(path, {flags: 'a', mode: 0o600}).on('error', giveUp)
}

/** A full disk must not take the server down with its log. */
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
