import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import {basename, dirname, join, relative} from 'node:path'

import {DatabaseUnavailableError} from '../../errors.ts'
import {isSystemError} from './system-error.ts'

/*
 * A process that is root reads the binaries before it gives up root, since the server's user may be unable to, and writes
 * them afterwards, since root must not write where that user can put symbolic links. So they are in memory in between.
 */

type Entry = {path: string} & ({kind: 'folder'} | {kind: 'link'; target: string} | {kind: 'file'; content: Buffer})

/** About 58 MB. Folders come before what is in them. */
export type PackedBinaries = Entry[]

export async function packBinaries(native: string): Promise<PackedBinaries> {
  return [...(await packFolder(native, native)), ...(await missingLinks(native))]
}

/** Makes a copy that every user can run. */
export async function copyBinaries(packed: PackedBinaries, copy: string): Promise<void> {
  const folder = dirname(copy)
  await requireExclusive(folder)
  // Only the folder's keeper gets here, so anything in it is an older version or an interrupted copy.
  for (const leftover of await readdir(folder)) await removeIfPossible(join(folder, leftover))

  const partial = await mkdtemp(join(folder, 'partial-'))
  try {
    await chmod(partial, 0o755)
    for (const entry of packed) await write(entry, partial)
    await rename(partial, copy)
  } catch (error) {
    await removeIfPossible(partial)
    throw error
  }
}

async function packFolder(folder: string, native: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const found of await readdir(folder, {withFileTypes: true})) {
    const full = join(folder, found.name)
    const path = relative(native, full)
    if (found.name.endsWith('.a') || found.name === 'pgxs') continue
    if (found.isSymbolicLink()) entries.push({path, kind: 'link', target: await readlink(full)})
    else if (found.isDirectory()) entries.push({path, kind: 'folder'}, ...(await packFolder(full, native)))
    else entries.push({path, kind: 'file', content: await readFile(full)})
  }
  return entries
}

/** The links that the package's install script would make, since npm cannot pack links. */
async function missingLinks(native: string): Promise<Entry[]> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  return list.map(({source, target}) => ({
    path: target.replace(/^native\//, ''),
    kind: 'link',
    target: basename(source),
  }))
}

async function write(entry: Entry, root: string): Promise<void> {
  const path = join(root, entry.path)
  if (entry.kind === 'folder') return mkdir(path, {mode: 0o755})
  if (entry.kind === 'link') return linkIfMissing(entry.target, path)
  await writeFile(path, entry.content, {mode: basename(dirname(path)) === 'bin' ? 0o755 : 0o644, flag: 'wx'})
}

async function linkIfMissing(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
  }
}

async function requireExclusive(folder: string): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    if (!isSystemError(error, 'EEXIST')) throw error
  })
  const stats = await lstat(folder)
  if (stats.isDirectory() && (stats.uid === process.getuid?.() || stats.uid === 0) && (stats.mode & 0o022) === 0) return
  throw new DatabaseUnavailableError(`Other users can change the programs in ${folder}.`, {
    hint: 'Remove that folder, or set SHOP_DATA_DIR to another one.',
  })
}

/** An earlier version of the shop made copies as root, which another user cannot remove. */
async function removeIfPossible(path: string): Promise<void> {
  try {
    await rm(path, {recursive: true, force: true})
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EPERM', 'ENOTEMPTY')) throw error
  }
}
