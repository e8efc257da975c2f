import type {ApiDocument, Schema} from './document.ts'

/** Follows references to the schema itself. */
export function resolve(schema: Schema, document: ApiDocument): Schema {
  if (schema.$ref === undefined) return schema
  const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref)?.[1] ?? ''
  const resolved = document.components?.schemas?.[name]
  if (!resolved) throw new Error(`There is no ${schema.$ref}.`)
  return resolve(resolved, document)
}

/** Splits a schema into alternatives, each of one type or one list of values. A value must match one of them. */
export function alternativesOf(reference: Schema, document: ApiDocument): Schema[] {
  const schema = resolve(reference, document)
  const {anyOf, oneOf, ...rest} = schema
  const union = anyOf ?? oneOf
  if (union) {
    // `type` beside a union only repeats what its members say.
    const others = Object.keys(rest).filter((key) => !annotations.has(key) && key !== 'type')
    if (others.length > 0) throw new Error(`Cannot compare a union that has ${others.join(', ')} beside it.`)
    return union.flatMap((one) => alternativesOf(one, document))
  }
  if (Array.isArray(schema.type) && schema.const === undefined && schema.enum === undefined) {
    return schema.type.map((type) => ({...schema, type}))
  }
  return [schema]
}

/** Throws for keywords that are not compared, because their changes would go unnoticed. */
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
