import test from 'ava'
import {parse} from 'csv-parse/sync'

import {InvalidFixtureError} from '../../../../../../src/errors.ts'
import {CsvRecords, maxRecord} from '../../../../../../src/services/transfer/formats/csv/csv-records.ts'
import {fc, sized} from '../../../../../helpers/tier.ts'

type Read = {records: string[][]; lines: number[]}

function read(pieces: string[], separator = ','): Read {
  const records: string[][] = []
  const lines: number[] = []
  const reader = new CsvRecords({separator}, (fields, line) => {
    records.push(fields)
    lines.push(line)
  })
  for (const piece of pieces) reader.write(piece)
  reader.end()
  return {records, lines}
}

function cut(text: string, size: number): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size))
  return pieces
}

const fields = fc.string({unit: fc.constantFrom('a', 'é', ' ', '"', ',', ';', '\t', '\r', '\n', '😀'), maxLength: 6})
const breaks = fc.constantFrom('\n', '\r\n', '\r')

/** A table as a program may write it: each field with or without quotes, each line with its own end. */
const tables = fc.constantFrom(',', ';', '\t').chain((separator) =>
  fc
    .array(fc.tuple(fc.array(fc.tuple(fields, fc.boolean()), {minLength: 2, maxLength: 4}), breaks), {
      minLength: 1,
      maxLength: 5,
    })
    .map((rows) => {
      const text = rows.map(([row, end]) => {
        const written = row.map(([field, isQuoted]) =>
          isQuoted || /["\r\n,;\t]/.test(field) ? ` "${field.replaceAll('"', '""')}" ` : field,
        )
        return written.join(separator) + end
      })
      const isExact = (field: string, isQuoted: boolean) => isQuoted || /["\r\n,;\t]/.test(field)
      const expected = rows.map(([row]) =>
        row.map(([field, isQuoted]) => (isExact(field, isQuoted) ? field : field.trim())),
      )
      return {separator, text: text.join(''), expected}
    }),
)

test('tables are read as they were written, wherever their text is cut', (t) => {
  fc.assert(
    fc.property(tables, fc.integer({min: 1, max: 9}), ({separator, text, expected}, size) => {
      t.deepEqual(read(cut(text, size), separator).records, expected)
      t.deepEqual(read([text], separator), read(cut(text, size), separator))
    }),
    {numRuns: sized(300, 3000)},
  )
})

test('text of any kind is read as by csv-parse, or refused where csv-parse refuses it', (t) => {
  const texts = fc.string({unit: fc.constantFrom('a', 'b', '"', ',', '\n', ' '), maxLength: 30})
  const options = {relax_column_count: true, skip_empty_lines: true, trim: true, record_delimiter: '\n'}
  // A line with nothing in it is skipped by readers, too.
  const attempt = (parseText: () => string[][]) => {
    try {
      return parseText().filter((record) => record.length > 1 || record[0] !== '')
    } catch (error) {
      return error instanceof TypeError ? error.message : 'refused'
    }
  }
  fc.assert(
    fc.property(texts, fc.integer({min: 1, max: 9}), (text, size) => {
      t.deepEqual(
        attempt(() => read(cut(text, size)).records),
        attempt(() => parse(text, options)),
      )
    }),
    {numRuns: sized(500, 20_000)},
  )
})

test('records are numbered by the line that they end on, whatever the ends of lines', (t) => {
  for (const end of ['\n', '\r\n', '\r']) {
    const text = ['a,b', `"two${end}lines",1`, '', 'c,d'].join(end)
    for (const size of [1, 2, 3, 100]) t.deepEqual(read(cut(text, size)).lines, [1, 3, 4, 5])
  }
})

const refuses = test.macro<[text: string, record: string, reason: RegExp]>({
  exec(t, text, record, reason) {
    for (const size of [1, 5, 1000]) {
      const {problems} = t.throws(() => read(cut(text, size)), {instanceOf: InvalidFixtureError})
      t.is(problems[0]?.record, record)
      t.regex(problems[0]?.reason ?? '', reason)
    }
  },
  title: (_, text) => `${JSON.stringify(text)} is refused`,
})

test(refuses, 'a,b\n"Rice,1\n2,3\n', 'line 2', /closing quote of a field is missing, which begins on line 2/)
test(refuses, 'a,b\n5" pot,1\n', 'line 2', /a field without quotes has a quote in it/)
test(refuses, 'a,b\n"Rice" long,1\n', 'line 2', /goes on after its closing quote/)

test('between tabs, a quote inside a field is part of it', (t) => {
  t.deepEqual(read(['5" pot\t1\n'], '\t').records, [['5" pot', '1']])
})

const longest = (before: string, after: string) => before + 'x'.repeat(maxRecord - before.length - after.length) + after

test('a record may have a million characters, and not one more', (t) => {
  for (const quote of ['', '"']) {
    t.is(read(cut(`${longest(quote, quote)}\n`, 65_536)).records.length, 1)
    const error = t.throws(() => read(cut(`a\n${longest(quote, `x${quote}`)}x`, 65_536)), {
      instanceOf: InvalidFixtureError,
    })
    t.is(error.problems[0]?.record, 'line 2')
  }
  t.throws(() => read(cut(`${longest('', 'x')}x,1\n`, 65_536)), {message: /more than 1048576 characters/})
  t.throws(() => read(cut(`"${longest('', 'x')}"`, 65_536)), {message: /more than 1048576 characters/})
})

test('a record that never ends is refused before it is in memory, whatever it consists of', (t) => {
  for (const [start, endless] of [
    ['name,"', 'x'],
    ['name,"', '""'],
    ['name,"', '\n'],
    ['name,', ','],
    ['name,', ' '],
    ['name,', '"",'],
  ] as const) {
    const piece = endless.repeat(500_000)
    const reader = new CsvRecords({separator: ','}, () => undefined)
    reader.write(start)
    t.throws(
      () => {
        for (let n = 0; n < 10; n++) reader.write(piece)
      },
      {instanceOf: InvalidFixtureError},
    )
  }
})
