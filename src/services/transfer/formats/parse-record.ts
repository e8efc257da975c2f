import type {z} from 'zod'

import type {Problems} from '../fixture-problems.ts'

/** A record's name in the file, its number in the order of reading, and the list that its problems go to. */
export type RecordPlace = {record: string; seq: number; problems: Problems}

export function noteProblem({record, seq, problems}: RecordPlace, reason: string): void {
  problems.push({record, seq, reason})
}

/** The name of a part of a record: `products[2].prices[0]`, `line 3, prices[0]`. */
export function namePart({record}: RecordPlace, path: string): string {
  return record.startsWith('line ') ? `${record}, ${path}` : `${record}.${path}`
}

/** The parsed record. If it is not valid, adds everything that is wrong to the problems and returns undefined. */
export function parseRecord<Output>(schema: z.ZodType<Output>, value: unknown, place: RecordPlace): Output | undefined {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  for (const {path, message} of result.error.issues) {
    noteProblem(place, path.length === 0 ? message : `${describePath(path)} ${message}`)
  }
  return undefined
}

/** The path as in code: `prices[0].amount`. */
function describePath(path: PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('')
}
