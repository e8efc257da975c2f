import {createWriteStream} from 'node:fs'
import {link, open, rename, rm, stat} from 'node:fs/promises'
import type {Writable} from 'node:stream'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'

import {Args, Errors, Flags} from '@oclif/core'

import {explainWrite} from './file-errors.ts'

export const outputArg = Args.string({
  description: 'the file, compressed if its name ends in .gz; standard output by default or with -',
  ignoreStdin: true,
})

export const outputFlags = {
  gzip: Flags.boolean({summary: 'compress with gzip, whatever the name of the file'}),
  force: Flags.boolean({summary: 'replace a file that exists'}),
}

export type Output = {
  /** Undefined for standard output. */
  file: string | undefined
  /** A device or pipe, which is written to and never replaced. */
  isDevice: boolean
  gzip: boolean
  force: boolean
}

export const standardOutput: Output = {file: undefined, isDevice: false, gzip: false, force: false}

/** Throws a usage error if the file exists, or if --json and the content would both go to standard output. */
export async function toOutput(
  file: string | undefined,
  {gzip, force, json}: {gzip: boolean; force: boolean; json: boolean},
): Promise<Output> {
  if (file === undefined || file === '-') {
    if (json) throw new Errors.CLIError('With --json, give a FILE: standard output is for the result.')
    return {...standardOutput, gzip}
  }
  const kind = await kindOf(file)
  if (kind === 'folder') throw new Errors.CLIError(`"${file}" is a folder. Give the name of a file in it.`)
  if (kind === 'file' && !force) throw new Errors.CLIError(describeExisting(file))
  return {file, isDevice: kind === 'device', gzip: gzip || file.endsWith('.gz'), force}
}

async function kindOf(file: string): Promise<'device' | 'file' | 'folder' | undefined> {
  try {
    const found = await stat(file)
    if (found.isDirectory()) return 'folder'
    return found.isFile() ? 'file' : 'device'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw explainWrite(error, file)
  }
}

/** The extension of a name before `.gz`, such as `ndjson` in `shop.ndjson.gz`. */
export function extensionOf(file: string | undefined): string | undefined {
  return /\.([a-z]+)(?:\.gz)?$/.exec(file ?? '')?.[1]
}

/** The exit code of programs whose reader went away, 128 and the number of SIGPIPE. */
const closedPipeExitCode = 141

/**
 * Writes the text. A file is created whole or not at all, and only its owner can read it, because fixtures and backups contain
 * hashes of passwords. Throws an AbortError when the signal aborts.
 */
export async function writeOutput(
  {file, isDevice, gzip, force}: Output,
  pieces: AsyncIterable<Buffer | string> | Iterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  const write = async (target: Writable): Promise<void> =>
    pipeline([Readable.from(pieces), ...(gzip ? [createGzip()] : []), target], {...(signal && {signal})})
  try {
    if (file === undefined) await withoutErrorListeners(process.stdout, write)
    else if (isDevice) await write(createWriteStream(file, {flags: 'a'}))
    else await writeFile(file, write, {force})
  } catch (error) {
    // A reader of a pipe, such as `head`, may close it early.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw explainWrite(error, file)
    process.exitCode = closedPipeExitCode
  }
}

/**
 * oclif's listener for errors of standard output ends the process with a stack, although the pipeline reports the error.
 * After an error nothing more can be written, and oclif's own last write must not fail again.
 */
async function withoutErrorListeners<Stream extends Writable>(
  stream: Stream,
  run: (stream: Stream) => Promise<void>,
): Promise<void> {
  const listeners = stream.rawListeners('error') as ((error: Error) => void)[]
  for (const listener of listeners) stream.off('error', listener)
  try {
    await run(stream)
    for (const listener of listeners) stream.on('error', listener)
  } catch (error) {
    stream.on('error', () => undefined)
    throw error
  }
}

async function writeFile(
  file: string,
  write: (target: Writable) => Promise<void>,
  {force}: {force: boolean},
): Promise<void> {
  const draft = `${file}.${process.pid}.part`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await write(handle.createWriteStream({flush: true}))
    await (force ? rename(draft, file) : linkNew(draft, file))
  } finally {
    await rm(draft, {force: true})
  }
}

/** Does not replace a file that another program created in the meantime. */
async function linkNew(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Errors.CLIError(describeExisting(file))
  }
}

function describeExisting(file: string): string {
  return `${file} already exists. Give another name, or --force to replace it.`
}
