/** Resolves with the first of the signals. After it they have their default effect again: a second one ends the process. */
export async function waitForSignal(...signals: NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const settle = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.removeListener(each, settle)
      resolve(signal)
    }
    for (const each of signals) process.on(each, settle)
  })
}

/** Waits, at most until the first of the signals. After it they have their default effect again. */
export async function delayUntilSignal(ms: number, ...signals: NodeJS.Signals[]): Promise<void> {
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      clearTimeout(timer)
      for (const each of signals) process.removeListener(each, settle)
      resolve()
    }
    const timer = setTimeout(settle, ms)
    for (const each of signals) process.on(each, settle)
  })
}

/** The exit code that shells report for a program that Ctrl-C ended. */
export const interruptedExitCode = 130

/** Runs with a signal that SIGINT and SIGTERM abort, so that unfinished files can be cleaned up. Undefined if aborted. */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController()
  void waitForSignal('SIGINT', 'SIGTERM').then(() => {
    controller.abort()
  })
  try {
    return await run(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    process.exitCode = interruptedExitCode
    return undefined
  }
}
