import {constants} from 'node:fs'
import {access, link, open, rename, rm} from 'node:fs/promises'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'

import {Args, Errors, Flags} from '@oclif/core'

export const outputArg = Args.string({
  description: 'the file, compressed if its name ends in .gz; standard output by default or with -',
  ignoreStdin: true,
})

export const outputFlags = {
  gzip: Flags.boolean({summary: 'compress with gzip, whatever the name of the file'}),
  force: Flags.boolean({summary: 'replace a file that exists'}),
}

export type FixtureOutput = {
  /** Undefined for standard output. */
  file: string | undefined
  gzip: boolean
  force: boolean
}

/** Throws a usage error if the file exists, or if --json and the fixture would both go to standard output. */
export async function toOutput(
  file: string | undefined,
  {gzip, force, json}: {gzip: boolean; force: boolean; json: boolean},
): Promise<FixtureOutput> {
  if (file === undefined || file === '-') {
    if (json) throw new Errors.CLIError('With --json, give a FILE: standard output is for the result.')
    return {file: undefined, gzip, force}
  }
  if (!force && (await exists(file))) throw new Errors.CLIError(describeExisting(file))
  return {file, gzip: gzip || file.endsWith('.gz'), force}
}

/** The extension of a name before `.gz`, such as `ndjson` in `shop.ndjson.gz`. */
export function extensionOf(file: string | undefined): string | undefined {
  return /\.([a-z]+)(?:\.gz)?$/.exec(file ?? '')?.[1]
}

/**
 * Writes the text. A file is created whole or not at all, and only its owner can read it, because a fixture contains hashes of
 * passwords. Throws an AbortError when the signal aborts.
 */
export async function writeOutput(
  {file, gzip, force}: FixtureOutput,
  pieces: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const packed = gzip ? [createGzip()] : []
  if (file === undefined) {
    await pipeline([Readable.from(pieces), ...packed, process.stdout], {signal}).catch(unlessClosed)
    return
  }
  const draft = `${file}.${process.pid}.part`
  const handle = await openDraft(draft)
  try {
    await pipeline([Readable.from(pieces), ...packed, handle.createWriteStream({flush: true})], {signal})
    await (force ? rename(draft, file) : linkNew(draft, file))
  } finally {
    await rm(draft, {force: true})
  }
}

async function openDraft(draft: string): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(draft, 'wx', 0o600)
  } catch (error) {
    throw new Errors.CLIError(`Cannot write the file. ${(error as Error).message}`, {exit: 2})
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

async function exists(file: string): Promise<boolean> {
  try {
    await access(file, constants.F_OK)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw new Errors.CLIError(`Cannot write the file. ${(error as Error).message}`, {exit: 2})
  }
}

/** A reader of standard output, such as `head`, may close it early. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
