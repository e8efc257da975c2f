import type {ApiDocument, Schema} from './document.ts'

/** The schema itself, where there is a reference to it. */
export function resolve(schema: Schema, document: ApiDocument): Schema {
  if (schema.$ref === undefined) return schema
  const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref)?.[1] ?? ''
  const resolved = document.components?.schemas?.[name]
  if (!resolved) throw new Error(`There is no ${schema.$ref}.`)
  return resolve(resolved, document)
}

/** The schemas of one type, or of one list of values, of which a value has to hold to one. */
export function alternativesOf(reference: Schema, document: ApiDocument): Schema[] {
  const schema = resolve(reference, document)
  const {anyOf, oneOf, ...rest} = schema
  const union = anyOf ?? oneOf
  if (union) {
    // `type` beside a union says what its members say.
    const others = Object.keys(rest).filter((key) => !annotations.has(key) && key !== 'type')
    if (others.length > 0) throw new Error(`Cannot compare a union that has ${others.join(', ')} beside it.`)
    return union.flatMap((one) => alternativesOf(one, document))
  }
  if (Array.isArray(schema.type) && schema.const === undefined && schema.enum === undefined) {
    return schema.type.map((type) => ({...schema, type}))
  }
  return [schema]
}

/** What is not compared would pass unnoticed. */
export function refuseUnknownKeywords(schema: Schema): void {
  const unknown = Object.keys(schema).filter((key) => !annotations.has(key) && !compared.has(key))
  if (unknown.length > 0) throw new Error(`Cannot compare schemas by ${unknown.join(', ')}.`)
}

const annotations = new Set(['deprecated', 'description', 'discriminator', 'example', 'examples', 'title'])

const compared = new Set<string>([
  'type',
  'const',
  'enum',
  'default',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'items',
  'properties',
  'required',
  'additionalProperties',
  'patternProperties',
  'propertyNames',
] satisfies (keyof Schema)[])
