import {z} from 'zod'

import {isAtMost, isStorable, plural} from '../../../text.ts'
import {explainTime, parseTime} from '../../../times.ts'
import {isTooCostly, maxBcryptCost, maxIterations} from '../../accounts/password-hashes.ts'

/** Leaves room for the sequences below the largest safe integer. */
const maxId = 999_999_999_999_999

/** An error message that says what a value must be, and what it is instead. */
export function mustBe(what: string): (issue: {input?: unknown}) => string {
  return ({input}) => (input === undefined ? `is missing: ${what}` : `must be ${what}, not ${show(input)}`)
}

const shownCharacters = 60

/** The beginning of a value as JSON. Looks at no more of it than it shows: a value may be large, or nested deeply. */
function show(value: unknown): string {
  const text = beginOf(value, shownCharacters + 1)
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}...` : text
}

/** Each level of nesting adds a character, so that the length bounds the depth, too. */
function beginOf(value: unknown, length: number): string {
  if (length <= 0) return ''
  if (typeof value === 'string') return JSON.stringify(value.slice(0, length))
  if (Array.isArray(value)) {
    let text = '['
    for (let index = 0; index < value.length && text.length <= length; index++) {
      text += `${index > 0 ? ',' : ''}${beginOf(value[index], length - text.length)}`
    }
    return `${text}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let text = '{'
  for (const [key, member] of Object.entries(value)) {
    if (text.length > length) break
    text += `${text.length > 1 ? ',' : ''}${beginOf(key, length)}:`
    text += beginOf(member, length - text.length)
  }
  return `${text}}`
}

/** An object with no other keys than these. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? describeUnknown(issue.keys, Object.keys(shape)) : mustBe('an object')(issue),
  })
}

function describeUnknown(keys: string[], known: string[]): string {
  const list = keys
    .slice(0, 5)
    .map((key) => `"${key}"`)
    .join(', ')
  return `has the unknown ${plural(keys.length, 'key')} ${list}; known keys are ${known.join(', ')}`
}

export function text(limit: number): z.ZodString {
  const error = mustBe(`text of 1 to ${limit} characters`)
  return z
    .string({error})
    .refine((value) => value.trim() !== '' && isAtMost(value, limit), {error})
    .refine(isStorable, {error: 'contains a NUL character or an unpaired surrogate, which cannot be stored'})
}

/** A value that must not appear in messages. */
export const secret = z
  .string({error: ({input}) => (input === undefined ? 'is missing' : 'must be a string')})
  .refine(isStorable, {error: 'contains a NUL character or an unpaired surrogate, which cannot be stored'})

/** A hash of a password. One that the shop does not know is kept, but matches no password. */
export const passwordHash = secret.refine((hash) => !isTooCostly(hash), {
  error: `must be cheap to check: at most cost ${maxBcryptCost} for bcrypt, ${maxIterations} iterations for PBKDF2`,
})

export const id = wholeNumber({from: 1, to: maxId})

export const quantity = wholeNumber({from: 0, to: Number.MAX_SAFE_INTEGER})

export const limit = wholeNumber({from: 1, to: Number.MAX_SAFE_INTEGER})

function wholeNumber({from, to}: {from: number; to: number}): z.ZodInt {
  const error = mustBe(to === maxId ? `a whole number from ${from} to ${to}` : `a whole number, ${from} or more`)
  return z.int({error}).min(from, {error}).max(to, {error})
}

export const flag = z.boolean({error: mustBe('true or false')})

const timeError = mustBe('a time such as "2024-04-18T19:07:52Z"')

export const time = z.string({error: timeError}).transform((value, context) => {
  const parsed = parseTime(value)
  if (parsed !== undefined) return parsed
  const reason = explainTime(value.trim())
  context.addIssue(reason === undefined ? timeError({input: value}) : `${show(value)} ${reason}`)
  return z.NEVER
})
