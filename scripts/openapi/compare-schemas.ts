import {Ajv2020} from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

import {alternativesOf, refuseUnknownKeywords, resolve} from './alternatives.ts'
import type {ApiDocument, Schema} from './document.ts'

/** A schema and the document that its references point into. */
export type Described = {schema: Schema; document: ApiDocument}

/** Whether a client sends the value to the shop, or the shop to a client. */
export type Direction = 'answer' | 'request'

/**
 * Lists the changes that break a client written for the old schema. Nothing breaks if its requests are still accepted
 * and answers are still what it expects. Objects may get new members. Texts are ignored.
 */
export function compareSchemas(before: Described, after: Described, direction: Direction, where: string): string[] {
  return new Comparison(before.document, after.document, direction).compare(before.schema, after.schema, where)
}

class Comparison {
  readonly #pairs = new Map<Schema, Set<Schema>>()
  readonly #before: ApiDocument
  readonly #after: ApiDocument
  readonly #direction: Direction

  constructor(before: ApiDocument, after: ApiDocument, direction: Direction) {
    this.#before = before
    this.#after = after
    this.#direction = direction
  }

  compare(beforeRef: Schema, afterRef: Schema, where: string): string[] {
    const before = resolve(beforeRef, this.#before)
    const after = resolve(afterRef, this.#after)
    // A recursive schema: a pair that is being compared is assumed to match.
    const compared = this.#pairs.get(before) ?? new Set()
    if (compared.has(after)) return []
    this.#pairs.set(before, compared.add(after))
    try {
      return this.#compareAlternatives(before, after, where)
    } finally {
      compared.delete(after)
    }
  }

  /** The receiver must understand each alternative that the sender may send. */
  #compareAlternatives(before: Schema, after: Schema, where: string): string[] {
    const olds = alternativesOf(before, this.#before)
    const news = alternativesOf(after, this.#after)
    const codes = this.#direction === 'answer' ? new Set(olds.flatMap(codesOf)) : new Set()
    const breaks = olds.flatMap(codesOf).flatMap((code) => {
      return news.flatMap(codesOf).includes(code) ? [] : [`${where}: never answers the problem ${code} any more`]
    })

    const [sent, understood] = this.#direction === 'request' ? [olds, news] : [news, olds]
    for (const one of sent) {
      // Clients tell problems apart by their code, and fall back on the status for codes that they do not know.
      const [code] = codesOf(one)
      if (this.#direction === 'answer' && codes.size > 0 && code !== undefined && !codes.has(code)) continue
      const values = valuesOf(one)
      if (values) {
        const refused = values.filter((value) => !understood.some((other) => this.#takes(other, value)))
        breaks.push(...refused.map((value) => `${where}: ${this.#outcome} ${JSON.stringify(value)}`))
        continue
      }
      const candidates = understood.filter((other) => code === undefined || codesOf(other).includes(code))
      const results = (candidates.length > 0 ? candidates : understood).map((other) =>
        this.#direction === 'request' ? this.#compareOne(one, other, where) : this.#compareOne(other, one, where),
      )
      if (results.some((result) => result.length === 0)) continue
      if (results.length === 1) breaks.push(...(results[0] ?? []))
      else breaks.push(`${where}: ${this.#outcome} ${nameOf(one)}`)
    }
    return breaks
  }

  /** Whether the receiver's schema accepts a value. */
  #takes(schema: Schema, value: unknown): boolean {
    const values = valuesOf(schema)
    if (values) return values.some((one) => isSame(one, value))
    return validator(schema, this.#direction === 'request' ? this.#after : this.#before)(value)
  }

  get #outcome(): string {
    return this.#direction === 'request' ? 'no longer accepts' : 'may now be'
  }

  #compareOne(before: Schema, after: Schema, where: string): string[] {
    refuseUnknownKeywords(before)
    refuseUnknownKeywords(after)
    const isRequest = this.#direction === 'request'
    const [sent, understood] = isRequest ? [before, after] : [after, before]
    if (valuesOf(understood)) return [`${where}: ${this.#outcome} anything other than ${nameOf(understood)}`]
    if (!hasType(sent, understood)) return [`${where}: ${this.#outcome} ${nameOf(sent)}`]

    return [
      ...this.#compareLimits(sent, understood, where),
      ...this.#compareMembers(before, after, where),
      ...(isRequest && before.default !== undefined && !isSame(before.default, after.default)
        ? [`${where}: is ${JSON.stringify(after.default)} by default, no longer ${JSON.stringify(before.default)}`]
        : []),
    ]
  }

  #compareLimits(sent: Schema, understood: Schema, where: string): string[] {
    const isNarrower = (limit: Limit) => {
      if (isOneOf(lowerLimits, limit)) return (understood[limit] ?? -Infinity) > (sent[limit] ?? -Infinity)
      if (isOneOf(upperLimits, limit)) return (understood[limit] ?? Infinity) < (sent[limit] ?? Infinity)
      // Nothing can tell which of two patterns accepts more.
      return understood[limit] !== undefined && understood[limit] !== sent[limit]
    }
    const [before, after] = this.#direction === 'request' ? [sent, understood] : [understood, sent]
    return [...lowerLimits, ...upperLimits, ...texts]
      .filter(isNarrower)
      .map((limit) => `${where}: ${limit} was ${before[limit] ?? 'none'} and is ${after[limit] ?? 'none'}`)
  }

  #compareMembers(before: Schema, after: Schema, where: string): string[] {
    const breaks: string[] = []
    const [sent, understood] = this.#direction === 'request' ? [before, after] : [after, before]
    for (const name of understood.required ?? []) {
      if (sent.required?.includes(name)) continue
      breaks.push(`${where}.${name}: ${this.#direction === 'request' ? 'is now required' : 'may now be missing'}`)
    }
    for (const kind of ['properties', 'patternProperties'] as const) {
      for (const [name, schema] of Object.entries(before[kind] ?? {})) {
        const now = after[kind]?.[name]
        breaks.push(...(now ? this.compare(schema, now, `${where}.${name}`) : [`${where}.${name}: was removed`]))
      }
    }
    for (const [kind, place] of [
      ['items', '[]'],
      ['additionalProperties', '.*'],
      ['propertyNames', '.* (name)'],
    ] as const) {
      if (before[kind] === undefined && after[kind] === undefined) continue
      breaks.push(...this.compare(schemaOf(before[kind]), schemaOf(after[kind]), where + place))
    }
    return breaks
  }
}

const lowerLimits = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'] as const
type Limit = (typeof lowerLimits | typeof texts | typeof upperLimits)[number]
const texts = ['pattern', 'format'] as const
const upperLimits = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'] as const

/** A missing schema and `true` accept everything. */
function schemaOf(part: Schema | boolean | undefined): Schema {
  if (part === false) return {enum: []}
  return part === undefined || part === true ? {} : part
}

/** All values that the schema accepts, if it lists them. */
function valuesOf({const: value, enum: values}: Schema): unknown[] | undefined {
  return value === undefined ? values : [value]
}

function codesOf({properties}: Schema): string[] {
  const code = properties?.code?.const
  return typeof code === 'string' ? [code] : []
}

function hasType(sent: Schema, understood: Schema): boolean {
  if (understood.type === undefined || understood.type === sent.type) return true
  return understood.type === 'number' && sent.type === 'integer'
}

function nameOf(schema: Schema): string {
  const [code] = codesOf(schema)
  if (code !== undefined) return `the problem ${code}`
  const values = valuesOf(schema)
  return values ? values.map((value) => JSON.stringify(value)).join(', ') : String(schema.type ?? 'anything')
}

function isOneOf<One extends string>(list: readonly One[], value: string): value is One {
  return (list as readonly string[]).includes(value)
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function validator(schema: Schema, {components}: ApiDocument): (value: unknown) => boolean {
  const ajv = new Ajv2020({strict: false})
  formats.default(ajv)
  const validate = ajv.compile({...schema, components})
  return (value) => validate(value)
}
