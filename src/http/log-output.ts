import {fstatSync, write, writeSync} from 'node:fs'

export type LogOutput = {
  write: (line: string) => void
  /** Writes what is left, for at most `ms`. */
  close: (ms: number) => Promise<void>
}

/** Writes a chunk without blocking the process, and reports when that is done or has failed. */
export type WriteChunk = (chunk: string, done: (error?: Error | null) => void) => void

/** A write for each line cost a tenth of the time of a single order. */
const chunkLength = 4096
const everyMs = 100

/** How much may wait for an output that takes nothing, such as a pipe whose reader has stopped. */
const mostWaiting = 1_000_000

/**
 * Writes lines in chunks. An output that fails or blocks costs lines, but never the process: lines are dropped and
 * counted, and the next line that can be written says how many.
 */
export function createLogOutput(writeChunk: WriteChunk, writeAtExit: (text: string) => void): LogOutput {
  let waiting = ''
  let lines = 0
  let dropped = 0
  let isWriting = false
  let timer: NodeJS.Timeout | undefined
  let onIdle = (): void => undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (isWriting) return
    if (lines === 0) {
      onIdle()
      return
    }
    const noted = dropped
    const chunk = noted === 0 ? waiting : noteDropped(noted) + waiting
    const count = lines
    waiting = ''
    lines = 0
    isWriting = true
    writeChunk(chunk, (error) => {
      isWriting = false
      dropped += error ? count : -noted
      if (waiting.length >= chunkLength || timer === undefined) flush()
    })
  }

  const atExit = (): void => {
    if (lines > 0) writeAtExit(waiting)
  }
  process.on('exit', atExit)

  return {
    write(line) {
      if (waiting.length + line.length > mostWaiting) {
        dropped++
        return
      }
      waiting += line
      lines++
      if (waiting.length >= chunkLength) flush()
      else timer ??= setTimeout(flush, everyMs).unref()
    },
    async close(ms) {
      process.off('exit', atExit)
      let deadline: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        onIdle = resolve
        deadline = setTimeout(resolve, ms)
        flush()
      })
      clearTimeout(deadline)
    },
  }
}

function noteDropped(count: number): string {
  const msg = 'Log lines could not be written and were dropped.'
  return `${JSON.stringify({level: 40, time: new Date().toISOString(), dropped: count, msg})}\n`
}

/**
 * The output for the process's standard output. Pipes and sockets are written by the event loop, which does not block:
 * a thread that a full pipe blocks could not be ended. Node writes files synchronously and never again after a failure,
 * so they are written directly.
 */
export function standardOutput(stream: NodeJS.WriteStream & {fd: number}): LogOutput {
  const {fd} = stream
  // Without a listener, a failed write would end the process.
  stream.on('error', () => undefined)
  const stats = fstatSync(fd)
  const isFile = stats.isFile() || stats.isCharacterDevice()
  const toStream: WriteChunk = (chunk, done) => stream.write(chunk, done)
  const toFile: WriteChunk = (chunk, done) => {
    writeAll(fd, Buffer.from(chunk), done)
  }
  return createLogOutput(isFile ? toFile : toStream, (text) => {
    try {
      writeSync(fd, text)
    } catch {
      // The process ends, and nobody can be told.
    }
  })
}

function writeAll(fd: number, bytes: Buffer, done: (error?: Error | null) => void): void {
  write(fd, bytes, (error, written) => {
    if (error || written === bytes.length) done(error)
    else writeAll(fd, bytes.subarray(written), done)
  })
}
