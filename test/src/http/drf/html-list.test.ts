import test from 'ava'

import {parseHtmlList} from '../../../../src/http/drf/html-list.ts'

const keys = ['product_id', 'quantity']

function parse(fields: [string, string][]): unknown[] | undefined {
  // Items have no prototype.
  return parseHtmlList(new URLSearchParams(fields), 'items', keys)?.map((item) =>
    typeof item === 'object' ? {...item} : item,
  )
}

test('items are in the order of their positions, however these are written', (t) => {
  const fields = parse([
    ['items[10]quantity', '10'],
    ['items[9]quantity', '9'],
    ['items[009]product_id', '9'],
    ['items[18446744073709551617]quantity', '2^64+1'],
    ['items[18446744073709551616]quantity', '2^64'],
    ['items[0]quantity', '0'],
    ['items[00]product_id', '0'],
  ])
  t.deepEqual(fields, [
    {quantity: '0', product_id: '0'},
    {quantity: '9', product_id: '9'},
    {quantity: '10'},
    {quantity: '2^64'},
    {quantity: '2^64+1'},
  ])
})

test('the last field of a name counts, and a field without a key is the item itself', (t) => {
  t.deepEqual(
    parse([
      ['items[0]quantity', '1'],
      ['items[0]quantity', '2'],
      ['items[1]', 'x'],
    ]),
    [{quantity: '2'}, 'x'],
  )
})

test('only the given keys are copied', (t) => {
  const items = parse([
    ['items[0]__proto__', 'x'],
    ['items[0]constructor', 'x'],
    ['items[0]other', 'x'],
    ['items[0]quantity', '1'],
  ])
  t.deepEqual(items, [{quantity: '1'}])
})

test('fields of other lists do not belong to it', (t) => {
  t.is(
    parse([
      ['item[0]quantity', '1'],
      ['items', 'x'],
      ['items[x]quantity', '1'],
      ['xitems[0]quantity', '1'],
    ]),
    undefined,
  )
})
