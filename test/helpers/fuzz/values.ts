import fc from 'fast-check'

/** The part of JSON Schema that the requests of the document use. */
export type Schema = {
  anyOf?: Schema[]
  const?: unknown
  enum?: unknown[]
  type?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Schema
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  required?: string[]
}

/** Values that mostly match the schema; a validator decides whether one does. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf))
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'integer': {
      const {minimum: min = Number.MIN_SAFE_INTEGER, maximum: max = Number.MAX_SAFE_INTEGER} = schema
      // Existing ids are small, and so are quantities that can be bought.
      const small = fc.integer({min: Math.max(min, 0), max: Math.min(max, 60)})
      return fc.oneof({weight: 4, arbitrary: small}, {weight: 1, arbitrary: fc.integer({min, max})})
    }
    case 'number':
      return fc.oneof(
        fc.nat(10_000).map((cents) => cents / 100),
        fc.double({noNaN: true, noDefaultInfinity: true}),
      )
    case 'string':
      return textsOf(schema)
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}), {maxLength: 4})
    case 'object':
      return objectsOf(schema)
    default:
      throw new Error(`Cannot generate values for ${JSON.stringify(schema)}.`)
  }
}

function textsOf({pattern, minLength = 0, maxLength}: Schema): fc.Arbitrary<string> {
  const texts =
    pattern === undefined
      ? fc.string({minLength, maxLength: Math.min(maxLength ?? 20, 20)})
      : fc.stringMatching(new RegExp(pattern, 'u'))
  if (maxLength === undefined) return texts
  const longest = fc.constantFrom('x', '7', '😀').map((character) => character.repeat(maxLength))
  return fc.oneof({weight: 4, arbitrary: texts}, {weight: 1, arbitrary: longest})
}

function objectsOf({properties = {}, patternProperties = {}, required = []}: Schema): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema)]))
  const named = fc.record(fields, {requiredKeys: required})
  const entries = Object.entries(patternProperties).map(([pattern, schema]) =>
    fc.dictionary(fc.stringMatching(new RegExp(pattern, 'u')), valuesOf(schema), {maxKeys: 2}),
  )
  return fc.tuple(named, ...entries).map((parts): unknown => Object.assign({}, ...parts))
}

/** Values that are not valid anywhere. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    ' ',
    0,
    -1,
    1.5,
    -0,
    1e300,
    2 ** 53,
    -(2 ** 53),
    [],
    {},
    [[]],
    [null],
  ),
  fc.constantFrom('\0', 'a\0b', '\ud800', 'NaN', '1e400000000', '-1', '1_0', '１', '1'.repeat(1001), '😀'.repeat(150)),
  fc.string({unit: 'binary', maxLength: 20}),
  fc.jsonValue({maxDepth: 3}),
  // Two of them inside each other are still within the depth that the shop reads.
  fc.constant(nested(40)),
)

export function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : {a: value}
  return value
}

const extraNames = fc.constantFrom(
  'x',
  '',
  '__proto__',
  'constructor',
  'toString',
  'items[0]',
  'items[x]quantity',
  'id',
)

/** Removes a part of the value, replaces one, or adds one. */
export function mutationsOf(value: unknown): fc.Arbitrary<unknown> {
  const places = [...placesIn(value)]
  return fc
    .tuple(fc.constantFrom(...places), fc.constantFrom('replace', 'remove', 'add', 'double'), junk, extraNames)
    .map(([place, kind, other, name]) => change(value, place, kind, other, name))
}

/** Lists every part of the value by the keys that lead to it. */
function* placesIn(value: unknown, place: string[] = []): Generator<string[]> {
  yield place
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) yield* placesIn(part, [...place, key])
}

function change(value: unknown, [key, ...rest]: string[], kind: string, other: unknown, name: string): unknown {
  if (key !== undefined && typeof value === 'object' && value !== null) {
    if (rest.length === 0 && kind === 'remove') return without(value, key)
    const part = change((value as Record<string, unknown>)[key], rest, kind, other, name)
    return Array.isArray(value) ? value.with(Number(key), part) : {...value, [key]: part}
  }
  if (kind === 'add' && typeof value === 'object' && value !== null) {
    // defineProperty, because assigning to `__proto__` would not create a member.
    return Array.isArray(value) ? [...value, other] : Object.fromEntries([...Object.entries(value), [name, other]])
  }
  return kind === 'double' && Array.isArray(value) ? [...value, ...value] : other
}

function without(value: object, key: string): unknown {
  if (Array.isArray(value)) return value.filter((_, index) => String(index) !== key)
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
}
