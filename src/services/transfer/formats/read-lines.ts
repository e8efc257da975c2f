import {InvalidFixtureError} from '../../../errors.ts'
import type {FixtureReader} from '../fixture.ts'

/** The longest line in characters, which limits how much of a file is in memory. */
export const maxLine = 16 * 1024 * 1024

/** Hands over each line that is not blank, with its number. Throws InvalidFixtureError if a line is too long. */
export function readLines(firstLine: number, onLine: (text: string, line: number) => void): FixtureReader {
  let line = firstLine - 1
  let rest = ''
  const refuseLong = (text: string, line: number): void => {
    if (text.length <= maxLine) return
    const reason = `has more than ${maxLine} characters; there must be one record per line`
    throw new InvalidFixtureError([{record: `line ${line}`, reason}])
  }
  const read = (text: string): void => {
    line++
    refuseLong(text, line)
    if (text.trim() !== '') onLine(text, line)
  }
  return {
    write(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(read)
      refuseLong(rest, line + 1)
    },
    end() {
      read(rest)
    },
  }
}
