import {z} from 'zod'

import {isAtMost, isStorable} from '../../../text.ts'
import {parseTime} from '../../../times.ts'

/** Leaves the sequences room below the largest safe integer. */
const maxId = 999_999_999_999_999

/** Says what is missing or wrong, and what would be right. */
export function mustBe(what: string): (issue: {input?: unknown}) => string {
  return ({input}) => (input === undefined ? `is missing: ${what}` : `must be ${what}, not ${show(input)}`)
}

function show(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}

/** An object that takes these keys only. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key ${issue.keys.map((key) => `"${key}"`).join(', ')}; known are ${Object.keys(shape).join(', ')}`
        : mustBe('an object')(issue),
  })
}

export function text(limit: number): z.ZodString {
  const error = mustBe(`a text of 1 to ${limit} characters`)
  return z
    .string({error})
    .refine((value) => value.trim() !== '' && isAtMost(value, limit), {error})
    .refine(isStorable, {error: 'holds a NUL character or half a surrogate pair, which cannot be stored'})
}

/** What must not show up in a message. */
export const secret = z
  .string({error: ({input}) => (input === undefined ? 'is missing' : 'must be a string')})
  .refine(isStorable, {error: 'holds a NUL character or half a surrogate pair, which cannot be stored'})

export const id = wholeNumber({from: 1, to: maxId})

export const quantity = wholeNumber({from: 0, to: Number.MAX_SAFE_INTEGER})

function wholeNumber({from, to}: {from: number; to: number}): z.ZodInt {
  const error = mustBe(to === maxId ? `a whole number from ${from} to ${to}` : `a whole number from ${from}`)
  return z.int({error}).min(from, {error}).max(to, {error})
}

export const flag = z.boolean({error: mustBe('true or false')})

const timeError = mustBe('a time such as "2024-04-18T19:07:52Z"')

export const time = z.string({error: timeError}).transform((value, context) => {
  const parsed = parseTime(value)
  if (parsed !== undefined) return parsed
  context.addIssue(timeError({input: value}))
  return z.NEVER
})
