import {dirname} from 'node:path'

import {Errors} from '@oclif/core'

/** What an operating system's error says about a file. The names of errors are those of errno(3). */
const reasons: Partial<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota of disk space is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk or device failed',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links form a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'too many files are open',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a folder',
  ENXIO: 'it is a socket, or a device that is not there',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ETXTBSY: 'a program is running from it',
}

/** Whether the operating system refused something, as opposed to a bug or an interruption. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException & {code: string} {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** An error for the user in place of the operating system's error about a file that is read. Any other error as it is. */
export function explainRead(error: unknown, file: string): unknown {
  if (!isSystemError(error)) return error
  if (error.code === 'ENOENT') return fileError(`There is no file "${file}".`, error)
  const name = file === '-' ? 'standard input' : `"${file}"`
  return fileError(`Cannot read ${name}: ${describe(error)}.`, error)
}

/** The same for a file that is written; undefined for standard output. */
export function explainWrite(error: unknown, file: string | undefined): unknown {
  if (!isSystemError(error)) return error
  if (file === undefined) return fileError(`Cannot write to standard output: ${describe(error)}.`, error)
  const reason = error.code === 'ENOENT' ? `there is no folder "${dirname(file)}"` : describe(error)
  return fileError(`Cannot write the file "${file}": ${reason}.`, error)
}

function describe({code, message}: {code: string; message: string}): string {
  return reasons[code] ?? message
}

/** Failures of a disk, for which another name for the file is no remedy. */
const diskFailures = ['EDQUOT', 'EFBIG', 'EIO', 'ENOSPC']

function fileError(message: string, cause: Error & {code: string}): Error {
  return Object.assign(new Errors.CLIError(message, {exit: diskFailures.includes(cause.code) ? 1 : 2}), {cause})
}
