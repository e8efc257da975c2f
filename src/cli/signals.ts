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
