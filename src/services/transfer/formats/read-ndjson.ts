import {InvalidFixtureError} from '../../../errors.ts'
import {mustBe} from './record-fields.ts'
import type {FixtureReader} from '../fixture.ts'
import type {ReadOptions} from '../stage/stage.ts'
import {nativeKinds} from './native/native-records.ts'
import {parseJson} from './json/parse-json.ts'
import {noteProblem} from './parse-record.ts'

/** The longest line in characters, which limits how much of a file is in memory. */
const maxLine = 16 * 1024 * 1024

/** The records of the native format in any order, one per line under its kind: `{"product": {...}}`. */
export function readNdjson(options: ReadOptions): FixtureReader {
  let line = 0
  let rest = ''
  const read = (text: string): void => {
    line++
    if (text.trim() !== '') stageLine(text, line, options)
  }
  return {
    write(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(read)
      if (rest.length > maxLine) {
        const reason = `has more than ${maxLine} characters; NDJSON has one record per line`
        throw new InvalidFixtureError([{record: `line ${line + 1}`, reason}])
      }
    },
    end() {
      read(rest)
    },
  }
}

function stageLine(text: string, line: number, options: ReadOptions): void {
  const place = options.stage.place(`line ${line}`)
  const parsed = parseJson(text)
  if ('error' in parsed) {
    const {position, reason} = parsed.error
    noteProblem(place, `invalid JSON at column ${position + 1}: ${reason}`)
    return
  }
  const entries = isObject(parsed.value) ? Object.entries(parsed.value) : []
  const [kind = '', value] = entries[0] ?? []
  if (entries.length === 1 && isKind(kind)) {
    nativeKinds[kind](value, place, options)
  } else {
    const what = `an object with one record under its kind, such as {"product": {...}}; the kinds are ${Object.keys(nativeKinds).join(', ')}`
    noteProblem(place, mustBe(what)({input: parsed.value}))
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isKind(kind: string): kind is keyof typeof nativeKinds {
  return Object.hasOwn(nativeKinds, kind)
}
