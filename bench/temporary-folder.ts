import {startProgram} from './program.ts'

/** Makes a folder for `run`. It is removed afterwards, even if this process is killed. */
export async function withTemporaryFolder<Result>(
  signal: AbortSignal,
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  // Detached, so that Ctrl-C, which reaches all processes of the terminal, does not end the remover.
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
