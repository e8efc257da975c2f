import {z} from 'zod'
import type {oas31} from 'zod-openapi'

import {type FieldErrors, InvalidInputError} from '../problems/http-errors.ts'

// Fields that accept what Django REST Framework's serializer fields accept, and refuse the rest with the same texts,
// which clients show to people. `override` describes the input to zod-openapi, which cannot see into a transform.

export type Refine = z.core.$RefinementCtx

export function required(value: unknown, context: Refine): boolean {
  if (value !== undefined && value !== null) return true
  context.addIssue(value === undefined ? 'This field is required.' : 'This field may not be null.')
  return false
}

/** Accepts integers, integral floats and strings of either, but not true, 1.5 or "x". */
export function integerField(): z.ZodType<number> {
  return z
    .unknown()
    .transform((value, context) => {
      if (!required(value, context)) return z.NEVER
      if (typeof value === 'string' && value.length > 1000) return refuse(context, 'String value too large.')
      const number = toInteger(value)
      if (number === undefined) return refuse(context, 'A valid integer is required.')
      if (number > Number.MAX_SAFE_INTEGER) {
        return refuse(context, `Ensure this value is less than or equal to ${Number.MAX_SAFE_INTEGER}.`)
      }
      if (number < Number.MIN_SAFE_INTEGER) {
        return refuse(context, `Ensure this value is greater than or equal to ${Number.MIN_SAFE_INTEGER}.`)
      }
      // Turns -0 into 0.
      return number + 0
    })
    .meta({override: integerInput()})
}

/** Longer digit strings are accepted as well, but cannot be a valid id or quantity. */
export function integerInput({minimum}: {minimum?: 1} = {}): oas31.SchemaObject {
  const digits = minimum === undefined ? String.raw`[+-]?(0_?)*\d` : String.raw`\+?(0_?)*[1-9]`
  return {
    anyOf: [
      {type: 'integer', minimum: minimum ?? Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER},
      {type: 'string', pattern: String.raw`^\s*${digits}(_?\d){0,14}\s*(\.0*\s*)?$`, maxLength: 1000},
    ],
  }
}

function toInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined
  if (typeof value !== 'string') return undefined
  const digits = value.replace(/\.0*\s*$/, '')
  return /^\s*[+-]?\d+(_\d+)*\s*$/.test(digits) ? Number(digits.replaceAll('_', '')) : undefined
}

/** Accepts strings and numbers, but no blank strings. */
export function textField({trim}: {trim: boolean}): z.ZodType<string> {
  return z
    .unknown()
    .transform((value, context) => {
      if (!required(value, context)) return z.NEVER
      if (typeof value !== 'string' && typeof value !== 'number') return refuse(context, 'Not a valid string.')
      const text = trim ? String(value).trim() : String(value)
      if (text === '') return refuse(context, 'This field may not be blank.')
      if (text.includes('\0')) return refuse(context, 'Null characters are not allowed.')
      const surrogate = /[\ud800-\udfff]/u.exec(text)?.[0].charCodeAt(0)
      if (surrogate === undefined) return text
      return refuse(context, `Surrogate characters are not allowed: U+${surrogate.toString(16).toUpperCase()}.`)
    })
    .meta({override: textInput(trim)})
}

/** JSON Schema patterns match code points, so the surrogates in them are unpaired ones. */
function textInput(trim: boolean): oas31.SchemaObject {
  const character = String.raw`[^\u0000\ud800-\udfff]`
  const pattern = trim ? String.raw`^${character}*[^\u0000\ud800-\udfff\s]${character}*$` : `^${character}+$`
  return {anyOf: [{type: 'string', pattern}, {type: 'number'}]}
}

/** A list of nested objects. Its errors are listed by position, so its length also bounds the answer. */
export function listField<T extends z.ZodType>(item: T, {maxItems}: {maxItems: number}): z.ZodType<z.output<T>[]> {
  return z
    .unknown()
    .transform((value, context) => {
      if (!required(value, context)) return z.NEVER
      if (!Array.isArray(value)) {
        return refuseContainer(context, `Expected a list of items but got type "${typeName(value)}".`)
      }
      if (value.length > maxItems) {
        return refuseContainer(context, `Ensure this field has no more than ${maxItems} elements.`)
      }
      const results = value.map((one) => item.safeParse(one))
      if (results.every((result) => result.success)) return results.map((result) => result.data)
      context.addIssue({
        code: 'custom',
        params: {errors: results.map((result) => (result.success ? {} : errorsOf(result.error)))},
      })
      return z.NEVER
    })
    .meta({override: {type: 'array', items: inputOf(item), maxItems}})
}

/** Ignores unknown keys. */
export function objectField<Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<z.output<z.ZodObject<Shape>>> {
  const fields = z.object(shape)
  return z
    .unknown()
    .transform((value, context) => {
      if (!required(value, context)) return z.NEVER
      if (typeof value !== 'object' || Array.isArray(value)) {
        return refuseContainer(context, `Invalid data. Expected a dictionary, but got ${typeName(value)}.`)
      }
      // A missing key is passed as undefined, so that its field reports it.
      const given = Object.fromEntries(Object.keys(shape).map((key) => [key, (value as Record<string, unknown>)[key]]))
      const result = fields.safeParse(given)
      if (result.success) return result.data
      context.addIssue({code: 'custom', params: {errors: errorsOf(result.error)}})
      return z.NEVER
    })
    .meta({override: objectInput(shape)})
}

function objectInput(shape: z.ZodRawShape): oas31.SchemaObject {
  const fields = Object.entries(shape) as [string, z.ZodType][]
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([key, field]) => [key, inputOf(field)])),
    required: fields.filter(([, field]) => !field.safeParse(undefined).success).map(([key]) => key),
  }
}

/** The input of a field, as its `meta` describes it. */
function inputOf(field: z.ZodType): oas31.SchemaObject {
  const {override, ...described} = (field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field).meta() ?? {}
  return {...(override as oas31.SchemaObject), ...(described as oas31.SchemaObject)}
}

/** Parses a body, or throws a 400 with the errors of its fields. */
export function parseBody<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = value === null ? {non_field_errors: ['No data provided']} : errorsOf(result.error)
  throw new InvalidInputError(errors as Record<string, FieldErrors>)
}

function errorsOf(error: z.ZodError): FieldErrors {
  const [first] = error.issues
  if (first && first.path.length > 0) {
    return Object.fromEntries(error.issues.map((issue) => [String(issue.path[0]), errorsOfIssue(issue)]))
  }
  return first ? errorsOfIssue(first) : []
}

function errorsOfIssue(issue: z.core.$ZodIssue): FieldErrors {
  const nested = issue.code === 'custom' ? (issue.params?.errors as FieldErrors | undefined) : undefined
  return nested ?? [issue.message]
}

export function refuse(context: Refine, message: string): never {
  context.addIssue(message)
  return z.NEVER
}

function refuseContainer(context: Refine, message: string): never {
  context.addIssue({code: 'custom', params: {errors: {non_field_errors: [message]}}})
  return z.NEVER
}

/** Python's name for the type of a JSON value. */
export function typeName(value: unknown): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'dict'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  return Number.isInteger(value) ? 'int' : 'float'
}
