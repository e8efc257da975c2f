import test from 'ava'
import fc from 'fast-check'
import stringWidth from 'string-width'

import {type Column, formatTable} from '../../../../src/cli/show/table.ts'

const columns: Column[] = [
  {head: 'ID', align: 'right'},
  {head: 'Name', wraps: true},
]

test('a table in a file has lines of any length', (t) => {
  const text = formatTable(columns, [['1', 'long '.repeat(100)]], {width: undefined, colors: false})

  t.is(text.split('\n').length, 5)
})

for (const colors of [false, true]) {
  test(`a table fits its terminal and keeps every character, colors: ${colors}`, (t) => {
    const name = `${'a few words '.repeat(5)}${'unbreakable'.repeat(10)}`

    const text = formatTable(columns, [['1', name]], {width: 40, colors}).replaceAll(/\u001b\[\d+m/g, '')

    t.deepEqual([...new Set(text.split('\n').map((line) => line.length))], [40])
    t.is(text.replaceAll(/[^a-z]/g, '').slice('ame'.length), name.replaceAll(' ', ''))
  })
}

test('characters that are two cells wide wrap by their width', (t) => {
  const text = formatTable(columns, [['5', 'こんにちは世界の美味しいお茶セット プレミアム']], {
    width: 30,
    colors: false,
  })

  t.deepEqual(text.split('\n').slice(3, -1), [
    '│  5 │ こんにちは世界の美味  │',
    '│    │ しいお茶セット        │',
    '│    │ プレミアム            │',
  ])
})

test('the widest of the wrapping columns get narrower first', (t) => {
  const wrapping: Column[] = [
    {head: 'Placed', wraps: true},
    {head: 'Items', wraps: true},
  ]
  const rows = [['2026-04-20 19:07:52', 'Rice x 2 @ 50.00 and more']]

  t.deepEqual(formatTable(wrapping, rows, {width: 46, colors: false}).split('\n').slice(3, -1), [
    '│ 2026-04-20 19:07:52 │ Rice x 2 @ 50.00 and │',
    '│                     │ more                 │',
  ])
})

test('the head of a column that wraps does so as well', (t) => {
  const heads: Column[] = [{head: 'Changed (UTC)', wraps: true}, {head: 'Total'}]

  t.deepEqual(
    formatTable(heads, [['2026-04-20 19:07:52', '1.00']], {width: 22, colors: false})
      .split('\n')
      .slice(1, 3),
    ['│ Changed    │ Total │', '│ (UTC)      │       │'],
  )
})

test('a table that cannot get narrow enough is shown as a block of lines for each row', (t) => {
  const rows = [
    ['1', 'Rice'],
    ['1234567890', 'Long grain rice\nTea'],
  ]

  t.is(
    formatTable(columns, rows, {width: 26, colors: false}),
    ['ID: 1', 'Name: Rice', '', 'ID: 1234567890', 'Name: Long grain rice', '  Tea', ''].join('\n'),
  )
})

test('a block of lines leaves out what is empty, and has a title above it, which a table does not need', (t) => {
  const three: Column[] = [{head: 'ID'}, {head: 'Cancelled by'}, {head: 'Items'}]
  const rows = [
    ['1', '', 'Rice'],
    ['2', 'olga', ''],
  ]
  const format = (width: number) => formatTable(three, rows, {width, colors: false, title: 'Orders'})

  t.is(format(24), ['Orders:', '', 'ID: 1', 'Items: Rice', '', 'ID: 2', 'Cancelled by: olga', ''].join('\n'))
  t.notRegex(format(80), /Orders/)
})

const word = fc.oneof(
  fc.stringMatching(/^\w{1,30}$/),
  fc.stringMatching(/^[ぁ-ん一-龠]{1,20}$/),
  fc.string({unit: 'grapheme', maxLength: 10}).map((text) => text.replaceAll(/[\p{Cc}\s│─┌┬┐├┼┤└┴┘]/gu, '')),
)
const text = fc
  .array(fc.tuple(word, fc.constantFrom(' ', ' ', '  ', '\n')), {maxLength: 8})
  .map((words) => words.flat().join(''))

const anyTable = fc
  .array(fc.record({head: fc.stringMatching(/^\w{1,15}( \w{1,8})?$/), wraps: fc.boolean(), right: fc.boolean()}), {
    minLength: 1,
    maxLength: 6,
  })
  .chain((heads) =>
    fc.record({
      columns: fc.constant(
        heads.map(({head, wraps, right}): Column => ({
          head,
          ...(wraps && {wraps: true as const}),
          ...(right && {align: 'right' as const}),
        })),
      ),
      rows: fc.array(fc.array(text, {minLength: heads.length, maxLength: heads.length}), {minLength: 1, maxLength: 4}),
      width: fc.integer({min: 20, max: 200}),
    }),
  )

test('no line is wider than the terminal, and no character is lost', (t) => {
  const seen = new Set<string>()
  const fits = fc.property(anyTable, ({columns, rows, width}) => {
    const lines = formatTable(columns, rows, {width, colors: false}).split('\n')
    const isTable = lines[0]?.startsWith('┌') === true
    seen.add(isTable ? 'table' : 'blocks')

    t.deepEqual(
      lines.filter((line) => stringWidth(line) > width),
      [],
    )
    const columnTexts = columns.map(({head}, index) => squeeze([head, ...rows.map((row) => row[index])]))
    const blockTexts = rows.flatMap((row) =>
      columns.flatMap(({head}, index) => (row[index] === '' ? [] : `${head}:${row[index]}`)),
    )
    t.deepEqual(isTable ? textOfTable(lines) : squeeze(lines), isTable ? columnTexts : squeeze(blockTexts))
  })
  fc.assert(fits)
  t.is(seen.size, 2)
})

/** The text of each column, from top to bottom. */
function textOfTable(lines: string[]): string[] {
  const rows = lines.filter((line) => line.startsWith('│')).map((line) => line.split('│').slice(1, -1))
  return (rows[0] ?? []).map((_, index) => squeeze(rows.map((row) => row[index])))
}

function squeeze(texts: (string | undefined)[]): string {
  return texts.join('').replaceAll(/\s/gu, '')
}
