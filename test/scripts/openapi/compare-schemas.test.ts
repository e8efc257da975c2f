import test from 'ava'

import {compareSchemas, type Direction} from '../../../scripts/openapi/compare-schemas.ts'
import type {ApiDocument, Schema} from '../../../scripts/openapi/document.ts'

const document: ApiDocument = {info: {version: '1.0.0'}, paths: {}}

function compare(before: Schema, after: Schema, direction: Direction, schemas: Record<string, Schema> = {}) {
  const described = (schema: Schema) => ({schema, document: {...document, components: {schemas}}})
  return compareSchemas(described(before), described(after), direction, 'x')
}

/** A narrower and a wider schema: requests may become wider and answers narrower, but not the other way round. */
const narrows = test.macro<[narrow: Schema, wide: Schema, narrowed: string, widened?: string]>({
  exec(t, narrow, wide, narrowed, widened = narrowed) {
    t.deepEqual(compare(narrow, wide, 'request'), [])
    t.deepEqual(compare(wide, narrow, 'answer'), [])
    t.regex(compare(wide, narrow, 'request').join('\n'), new RegExp(`^x.*${narrowed}`))
    t.regex(compare(narrow, wide, 'answer').join('\n'), new RegExp(`^x.*${widened}`))
    for (const schema of [narrow, wide]) {
      for (const direction of ['answer', 'request'] as const) t.deepEqual(compare(schema, schema, direction), [])
    }
  },
  title: (_, narrow, wide) => `${JSON.stringify(narrow)} is narrower than ${JSON.stringify(wide)}`,
})

const text: Schema = {type: 'string'}
const number: Schema = {type: 'integer'}
const noLonger = 'no longer accepts'
const mayBe = 'may now be'

test(narrows, text, {}, noLonger, mayBe)
test(narrows, number, {type: 'number'}, `${noLonger} number`, `${mayBe} number`)
test(narrows, text, {type: ['string', 'null']}, `${noLonger} null`, `${mayBe} null`)
test(narrows, text, {anyOf: [text, number]}, `${noLonger} integer`, `${mayBe} integer`)
test(narrows, {enum: ['a']}, {enum: ['a', 'b']}, `${noLonger} "b"`, `${mayBe} "b"`)
test(narrows, {const: 'a'}, {enum: ['b', 'a']}, `${noLonger} "b"`, `${mayBe} "b"`)
test(narrows, {enum: ['a']}, {anyOf: [{const: 'a'}, {const: ''}]}, `${noLonger} ""`, `${mayBe} ""`)
test(narrows, {enum: ['a']}, text, 'anything other than "a"')
test(narrows, {...text, enum: ['a', '2026-11-24']}, {...text, pattern: '^[a2]'}, 'anything other than')
test(narrows, {...text, minLength: 2}, text, 'minLength was none and is 2', 'minLength was 2 and is none')
test(narrows, {...text, maxLength: 2}, {...text, maxLength: 3}, 'maxLength was 3 and is 2', 'maxLength was 2 and is 3')
test(narrows, {...text, format: 'uri'}, text, 'format was none and is uri', 'format was uri and is none')
test(narrows, {...text, pattern: '^a'}, text, 'pattern was none and is \\^a', 'pattern was \\^a and is none')
test(narrows, {...number, minimum: 1}, {...number, minimum: 0}, 'minimum was 0 and is 1', 'minimum was 1 and is 0')
test(narrows, {...number, maximum: 1}, number, 'maximum was none and is 1', 'maximum was 1 and is none')
test(narrows, {...number, exclusiveMinimum: 0}, number, 'exclusiveMinimum')
test(narrows, {...number, exclusiveMaximum: 0}, number, 'exclusiveMaximum')
test(narrows, {type: 'array', minItems: 1}, {type: 'array'}, 'minItems')
test(narrows, {type: 'array', maxItems: 1}, {type: 'array'}, 'maxItems')
test(narrows, {type: 'object', minProperties: 1}, {type: 'object'}, 'minProperties')
test(narrows, {type: 'object', maxProperties: 1}, {type: 'object'}, 'maxProperties')
test(narrows, {items: number}, {items: {type: 'number'}}, '\\[\\]: no longer', '\\[\\]: may')
test(narrows, {additionalProperties: false}, {}, '\\.\\*: no longer', '\\.\\*: may')
test(narrows, {additionalProperties: text}, {additionalProperties: true}, '\\.\\*: no longer', '\\.\\*: may')
test(narrows, {propertyNames: {enum: ['a']}}, {propertyNames: {enum: ['a', 'b']}}, '"b"')
test(
  narrows,
  {properties: {a: number}, required: ['a']},
  {properties: {a: number}},
  '.a: is now required',
  '.a: may now be missing',
)
test(narrows, {properties: {a: number}}, {properties: {a: {type: 'number'}}}, '.a: no longer', '.a: may now be')
test(narrows, {patternProperties: {a: number}}, {patternProperties: {a: {}}}, '.a: no longer', '.a: may now be')

for (const direction of ['answer', 'request'] as const) {
  test(`a new optional member breaks nothing in the ${direction}, and a removed one does`, (t) => {
    const one: Schema = {type: 'object', properties: {a: text}}
    const two: Schema = {type: 'object', properties: {a: text, b: text}}

    t.deepEqual(compare(one, two, direction), [])
    t.deepEqual(compare(two, one, direction), ['x.b: was removed'])
  })

  test(`another pattern or format breaks the ${direction}, because nothing can tell which accepts more`, (t) => {
    const patterns = compare({...text, pattern: 'a'}, {...text, pattern: 'b'}, direction)
    t.deepEqual(patterns, ['x: pattern was a and is b'])
    const formats = compare({...text, format: 'date'}, {...text, format: 'date-time'}, direction)
    t.deepEqual(formats, ['x: format was date and is date-time'])
  })

  test(`texts are ignored in the ${direction}`, (t) => {
    const texts = {description: 'a', examples: ['a'], title: 'a', deprecated: true}
    t.deepEqual(compare({...text, ...texts}, text, direction), [])
    t.deepEqual(compare(text, {...text, ...texts}, direction), [])
  })
}

test('each value of a new enum is checked against the old schema', (t) => {
  const values: Schema = {enum: ['2026-11-24', 'today', 7]}
  t.deepEqual(compare(values, {type: 'string', format: 'date'}, 'request'), [
    'x: no longer accepts "today"',
    'x: no longer accepts 7',
  ])
})

test('another default breaks a request', (t) => {
  const before: Schema = {...number, default: 20}
  t.deepEqual(compare(before, {...number, default: 50}, 'request'), ['x: is 50 by default, no longer 20'])
  t.deepEqual(compare(number, before, 'request'), [])
})

test('problems are matched by their code: a new one breaks nothing, a removed or changed one does', (t) => {
  const problem = (code: string, member: Schema = text): Schema => ({
    type: 'object',
    properties: {code: {const: code}, member},
    required: ['code', 'member'],
  })
  const both: Schema = {oneOf: [problem('empty'), problem('sold')]}

  t.deepEqual(compare(problem('empty'), both, 'answer'), [])
  t.deepEqual(compare(both, problem('empty'), 'answer'), ['x: never answers the problem sold any more'])
  t.deepEqual(compare(both, {oneOf: [problem('sold', number), problem('empty')]}, 'answer'), [
    'x.member: may now be integer',
  ])
})

test('recursive schemas are compared through their references', (t) => {
  const tree = (leaf: Schema): Schema => ({
    anyOf: [leaf, {type: 'array', items: {$ref: '#/components/schemas/Tree'}}],
  })
  const reference = {$ref: '#/components/schemas/Tree'}
  const described = (leaf: Schema) => ({
    schema: reference,
    document: {...document, components: {schemas: {Tree: tree(leaf)}}},
  })

  t.deepEqual(compareSchemas(described(text), described(text), 'answer', 'x'), [])
  t.deepEqual(compareSchemas(described(text), described(number), 'answer', 'x'), ['x: may now be integer'])
})

test('an unknown keyword is an error', (t) => {
  const not = {not: text} as Schema
  t.throws(() => compare(not, not, 'answer'), {message: 'Cannot compare schemas by not.'})
  const beside: Schema = {anyOf: [text], minLength: 1}
  t.throws(() => compare(beside, beside, 'answer'), {message: /union that has minLength beside it/})
  const nowhere = {$ref: '#/components/schemas/Nowhere'}
  t.throws(() => compare(nowhere, nowhere, 'answer'), {message: 'There is no #/components/schemas/Nowhere.'})
})
