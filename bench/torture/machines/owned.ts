import {type ChildProcess, fork, spawn, type SpawnOptions} from 'node:child_process'
import {once} from 'node:events'
import {chmod, mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** What a run starts, of which nothing stays behind. */
export type Owned = {
  /** Exists as long as the run. Every user may enter it. */
  folder: string
  /** Starts a process that is not in the terminal's group, so that Ctrl-C ends only the torture, which ends the rest. */
  start: (command: string, args: string[], options?: SpawnOptions) => ChildProcess
  /** Has a command run at the end, for what `start` did not start. */
  atEnd: (command: string[]) => void
}

/** Starts processes for `run`, and ends them all after it, even if this process is killed. `isKept`: the folder stays. */
export async function withOwned<Result>(
  {isKept}: {isKept: boolean},
  run: (owned: Owned) => Promise<Result>,
): Promise<Result> {
  const reaper = fork(fileURLToPath(new URL('reaper.js', import.meta.url)), {detached: true})
  const exited = once(reaper, 'exit')
  await once(reaper, 'message')
  const folder = await mkdtemp(join(tmpdir(), 'shop-torture-'))
  if (!isKept) reaper.send({folder})
  await chmod(folder, 0o755)
  try {
    return await run({
      folder,
      atEnd(command) {
        reaper.send({command})
      },
      start(command, args, options = {}) {
        const child = spawn(command, args, {...options, detached: true})
        const {pid} = child
        if (pid !== undefined) {
          reaper.send({started: pid})
          child.once('exit', () => {
            if (reaper.connected) reaper.send({ended: pid})
          })
        }
        return child
      },
    })
  } finally {
    reaper.disconnect()
    await exited
  }
}
