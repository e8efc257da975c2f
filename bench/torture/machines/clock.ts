import {existsSync} from 'node:fs'
import {writeFile} from 'node:fs/promises'

const libraries = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)

/** Debian's libfaketime; undefined if it is not installed. */
export const faketimeLibrary = libraries.find((path) => existsSync(path))

/** A clock that can be shifted. Its processes read the shift about once a second. */
export type Clock = {env: Record<string, string>; shift: (seconds: number) => Promise<void>}

export async function createClock(path: string): Promise<Clock> {
  const shift = async (seconds: number): Promise<void> => writeFile(path, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  await shift(0)
  if (faketimeLibrary === undefined) return {env: {}, shift}
  return {
    env: {
      LD_PRELOAD: faketimeLibrary,
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_CACHE_DURATION: '1',
      // Only the time of day is shifted, as when somebody sets a machine's clock.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
    },
    shift,
  }
}
