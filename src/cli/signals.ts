/** The first of the signals to arrive. A second one ends the process at once, as if nobody listened. */
export async function waitForSignal(...signals: NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const settle = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.removeListener(each, settle)
      resolve(signal)
    }
    for (const each of signals) process.on(each, settle)
  })
}

/** As a shell tells of a program that Ctrl-C ended. */
const interrupted = 130

/** Runs until it ends, or Ctrl-C or a TERM aborts it: it can then put away what is half done. Undefined if so. */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController()
  void waitForSignal('SIGINT', 'SIGTERM').then(() => {
    controller.abort()
  })
  try {
    return await run(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    process.exitCode = interrupted
    return undefined
  }
}
