import {startProgram} from './program.ts'

/** A folder that is removed after `run`, and also where this process is killed meanwhile. */
export async function withTemporaryFolder<Result>(
  signal: AbortSignal,
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  // Detached: what ends the other processes of the terminal, as Ctrl-C does, must not end this one.
  const remover = startProgram(new URL('temporary-folder-remover.js', import.meta.url), signal, {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    const {folder} = (await remover.next()) as {folder: string}
    return await run(folder)
  } finally {
    await remover.stop()
  }
}
