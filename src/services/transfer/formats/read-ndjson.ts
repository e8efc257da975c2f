import {mustBe} from './record-fields.ts'
import type {FixtureReader} from '../fixture.ts'
import type {ReadOptions} from '../stage/stage.ts'
import {nativeKinds} from './native/native-records.ts'
import {parseJson} from './json/parse-json.ts'
import {noteProblem, type RecordPlace} from './parse-record.ts'
import {readLines} from './read-lines.ts'

/** The records of the native format in any order, one per line under its kind: `{"product": {...}}`. */
export function readNdjson(options: ReadOptions): FixtureReader {
  return readLines(options.firstLine, (text, line) => {
    const place = options.stage.place(`line ${line}`)
    const parsed = parseLine(text, place)
    if (parsed) stageRecord(parsed.value, place, options)
  })
}

/** The JSON of a line. If it is not valid, adds a problem and returns undefined. */
export function parseLine(text: string, place: RecordPlace): {value: unknown} | undefined {
  const parsed = parseJson(text)
  if ('value' in parsed) return parsed
  const {position, reason} = parsed.error
  noteProblem(place, `invalid JSON at column ${position + 1}: ${reason}`)
  return undefined
}

function stageRecord(value: unknown, place: RecordPlace, options: ReadOptions): void {
  const keys = isObject(value) ? Object.keys(value) : []
  const [kind = ''] = keys
  if (keys.length === 1 && isKind(kind)) {
    nativeKinds[kind]((value as Record<string, unknown>)[kind], place, options)
  } else {
    const what = `an object with one record under its kind, such as {"product": {...}}; the kinds are ${Object.keys(nativeKinds).join(', ')}`
    noteProblem(place, mustBe(what)({input: value}))
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isKind(kind: string): kind is keyof typeof nativeKinds {
  return Object.hasOwn(nativeKinds, kind)
}
