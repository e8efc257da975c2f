import test from 'ava'

import {InvalidFixtureError} from '../../../../../../src/errors.ts'
import {JsonLists} from '../../../../../../src/services/transfer/formats/json/json-lists.ts'
import {fc} from '../../../../../helpers/tier.ts'

type Read = {lists: Record<string, unknown[]>; values: Record<string, unknown>}

/** What is read of a text that arrives in pieces. */
function read(pieces: string[]): Read {
  const lists = new Map<string, unknown[]>()
  const values: Read['values'] = {}
  const reader = new JsonLists({
    list(key = '') {
      lists.set(key, [])
    },
    element(key = '', index, value) {
      lists.get(key)?.splice(index, 1, value)
    },
    value(key = '', value) {
      values[key] = value
    },
  })
  for (const piece of pieces) reader.write(piece)
  reader.end()
  // A key may be `__proto__`.
  return {lists: Object.fromEntries(lists), values}
}

function cut(text: string, sizes: number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, n = 0; at < text.length; n++) {
    const end = at + (sizes[n % sizes.length] ?? 1)
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}

test('wherever a text is cut into pieces, it is read as by JSON.parse', (t) => {
  const lists = fc.dictionary(fc.string({minLength: 1}), fc.array(fc.jsonValue(), {maxLength: 4}), {
    noNullPrototype: true,
  })
  const sizes = fc.array(fc.integer({min: 1, max: 9}), {minLength: 1, maxLength: 5})
  fc.assert(
    fc.property(lists, sizes, fc.constantFrom(0, 2), (value, cuts, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      t.deepEqual(read(cut(text, cuts)).lists, JSON.parse(text))
    }),
    {numRuns: 300},
  )
})

test('a value that is not a list is handed over whole', (t) => {
  t.deepEqual(read(['{"a": {"b": [1, "]}"]}, "c" ', ': -1.5e3, "d": []}\n']), {
    lists: {d: []},
    values: {a: {b: [1, ']}']}, c: -1500},
  })
  t.deepEqual(read([' [1, {}', ', "\\', '""] ']).lists, {'': [1, {}, '"']})
  t.deepEqual(read(['tr', 'ue']).values, {'': true})
})

const refuses = test.macro<[string, string]>({
  exec(t, text, place) {
    for (const size of [1, 3, text.length]) {
      const {problems} = t.throws(() => read(cut(text, [size])), {instanceOf: InvalidFixtureError})
      const [problem] = problems
      t.is(`${problem?.record} ${/column \d+/.exec(problem?.reason ?? '')?.[0]}`, place)
    }
  },
  title: (_, text) => `${JSON.stringify(text)} is refused where it is wrong`,
})

test(refuses, '{"a": [1,\n2}', 'line 2 column 2')
test(refuses, '{"a": [1,\n]}', 'line 2 column 1')
test(refuses, '{"a" 1}', 'line 1 column 6')
test(refuses, '{a: 1}', 'line 1 column 2')
test(refuses, '{"a": []\n"b": []}', 'line 2 column 1')
test(refuses, '[1] 2', 'line 1 column 5')
test(refuses, '[1\n', 'line 2 column 1')
test(refuses, '{"a": [tru]}', 'line 1 column 11')
test(refuses, '{"a": [01]}', 'line 1 column 9')

test('a missing closing quote is refused before the whole file is in memory', (t) => {
  const reader = new JsonLists({element: () => undefined, value: () => undefined})
  reader.write('["')
  const piece = 'x'.repeat(1024 * 1024)
  const error = t.throws(
    () => {
      for (let n = 0; n < 100; n++) reader.write(piece)
    },
    {instanceOf: InvalidFixtureError},
  )
  t.regex(error.message, /is a quote missing/)
})
