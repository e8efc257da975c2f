import {existsSync} from 'node:fs'
import {chmod, lstat, mkdtemp, readdir, rm, statfs} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** In memory, where creating and dropping a database takes a fifth of the CPU time. Linux has it. */
const memory = '/dev/shm'

/** More than the databases and the write-ahead log of a run take. */
const neededBytes = 6 * 2 ** 30

/** Makes the data folder of a run's server, in memory if there is room. */
export async function makeServerFolder(): Promise<string> {
  const hasRoom = await hasMemory()
  if (hasRoom) await removeLeftOver()
  const folder = await mkdtemp(join(hasRoom ? memory : tmpdir(), `shop-test-${process.pid}-`))
  // A server that root starts runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755)
  return folder
}

async function hasMemory(): Promise<boolean> {
  if (!existsSync(memory)) return false
  const {bavail, bsize} = await statfs(memory)
  return Math.min(bavail * bsize, process.availableMemory()) >= neededBytes
}

/** Removes the folders of runs that were killed, which would fill the memory. */
async function removeLeftOver(): Promise<void> {
  for (const name of await readdir(memory)) {
    const pid = /^shop-test-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    const folder = join(memory, name)
    const {uid} = await lstat(folder)
    if (uid === process.getuid?.()) await rm(folder, {recursive: true, force: true})
  }
}
