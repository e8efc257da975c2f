import type {EventEmitter} from 'node:events'
import {Readable, type Writable} from 'node:stream'

import type {execute} from '@oclif/core/execute'

export type Run = {exitCode: number | null; stdout: string; stderr: string}

type Program = {bin: string; args: string[]; env: Record<string, string>; input: string | Buffer}

/** What `process.exit` throws here: a real process would not run any further. */
class Exit extends Error {}

/**
 * Runs the command line in this process, by the same call as bin/run.js and without a terminal. During the run the
 * process has the command's environment, arguments, standard streams and exit code, so only one run can go on at a time.
 */
export async function runInProcess({bin, args, env, input}: Program): Promise<Run> {
  const stdout = capture(process.stdout)
  const stderr = capture(process.stderr)
  const exitCodeBefore = process.exitCode
  const restores = [
    rememberListeners(),
    stdout.restore,
    stderr.restore,
    replace('env', env),
    replace('argv', [process.execPath, bin, ...args]),
    replace('stdin', streamOf(input)),
    replace('exit', (code?: number) => {
      // oclif catches what is thrown here, and exits a second time.
      if (stdout.close() && code !== undefined) process.exitCode = code
      stderr.close()
      throw new Exit()
    }),
  ]
  process.exitCode = undefined
  try {
    const run = await loadOclif()
    await run({args, loadOptions: {root: bin, userPlugins: false}}).catch(unlessExit)
    return {exitCode: exitCode(), stdout: stdout.text(), stderr: stderr.text()}
  } finally {
    process.exitCode = exitCodeBefore
    for (const restore of restores) restore()
  }
}

function unlessExit(error: unknown): void {
  if (!(error instanceof Exit)) throw error
}

function exitCode(): number {
  return Number(process.exitCode ?? 0)
}

/** Replaces a property of the process; returns a function that puts the old one back. */
function replace(name: 'argv' | 'env' | 'exit' | 'stdin', value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(process, name)
  if (!before) throw new Error(`process.${name} is not a property.`)
  Object.defineProperty(process, name, {value, configurable: true, enumerable: true, writable: true})
  return () => Object.defineProperty(process, name, before)
}

/** Brings the input as a pipe does, in pieces of 64 KiB. */
function streamOf(input: string | Buffer): Readable {
  const bytes = Buffer.from(input)
  const size = 64 * 1024
  const count = Math.ceil(bytes.length / size)
  const pieces = Array.from({length: count}, (_, n) => bytes.subarray(n * size, (n + 1) * size))
  return Readable.from(pieces, {objectMode: false})
}

type Captured = {
  text: () => string
  /** Returns whether it was open. */
  close: () => boolean
  restore: () => void
}

/** Keeps what is written to the stream until `close`, and throws the rest away. */
function capture(stream: Writable): Captured {
  const chunks: Uint8Array[] = []
  let isOpen = true
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const [encoding] = rest
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk)
    if (isOpen) chunks.push(bytes)
    const written = rest.at(-1)
    if (typeof written === 'function') process.nextTick(written)
    return true
  }
  Object.defineProperty(stream, 'write', {value: write, configurable: true, writable: true})
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    close() {
      const wasOpen = isOpen
      isOpen = false
      return wasOpen
    },
    // Uncovers the method of the stream's class.
    restore: () => Reflect.deleteProperty(stream, 'write'),
  }
}

/** A command leaves listeners that end with its process: for signals, and oclif's for the last write. */
function rememberListeners(): () => void {
  const watched: [Pick<EventEmitter, 'off' | 'rawListeners'>, string][] = [
    [process, 'SIGINT'],
    [process, 'SIGTERM'],
    [process.stdout, 'drain'],
  ]
  const known = new Set(watched.flatMap(([emitter, event]) => emitter.rawListeners(event)))
  return () => {
    for (const [emitter, event] of watched)
      for (const listener of emitter.rawListeners(event) as (() => void)[])
        if (!known.has(listener)) emitter.off(event, listener)
  }
}

/** oclif chooses colours as it loads, by file descriptor 1 of the process, which may be a terminal here. */
async function loadOclif(): Promise<typeof execute> {
  const restore = replace('env', {...process.env, FORCE_COLOR: '0'})
  try {
    const oclif = await import('@oclif/core/execute')
    // Its parser keeps the standard input of the first run that reads one.
    Reflect.deleteProperty((globalThis as {oclif?: object}).oclif ?? {}, 'stdinCache')
    return oclif.execute
  } finally {
    restore()
  }
}
