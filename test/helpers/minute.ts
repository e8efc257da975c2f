/**
 * Runs again if a minute of the clock ended meanwhile: what a basket counts by the minute starts again then. The
 * database of the tests has the clock of this machine.
 */
export async function inOneMinute<Result>(run: () => Promise<Result>): Promise<Result> {
  for (;;) {
    const minute = currentMinute()
    const result = await run()
    if (minute === currentMinute()) return result
  }
}

function currentMinute(): number {
  return Math.floor(Date.now() / 60_000)
}
