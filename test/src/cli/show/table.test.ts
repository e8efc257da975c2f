import test from 'ava'

import {type Column, formatTable} from '../../../../src/cli/show/table.ts'

const columns: Column[] = [
  {head: 'ID', align: 'right'},
  {head: 'Name', wraps: true},
]

test('a table that goes to a file has lines of any length', (t) => {
  const text = formatTable(columns, [['1', 'long '.repeat(100)]], {width: undefined, colors: false})

  t.is(text.split('\n').length, 5)
})

for (const colors of [false, true]) {
  test(`a table fits its terminal with every character of it, colors: ${colors}`, (t) => {
    const name = `${'a few words '.repeat(5)}${'unbreakable'.repeat(10)}`

    const text = formatTable(columns, [['1', name]], {width: 40, colors}).replaceAll(/\u001b\[\d+m/g, '')

    t.deepEqual([...new Set(text.split('\n').map((line) => line.length))], [40])
    t.is(text.replaceAll(/[^a-z]/g, '').slice('ame'.length), name.replaceAll(' ', ''))
  })
}
