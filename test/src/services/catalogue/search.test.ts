import test from 'ava'
import type {Knex} from 'knex'

import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'

async function addNames(db: Knex, names: string[]): Promise<void> {
  for (const name of names) await addProduct(db, {name})
}

async function search(db: Knex, text: string): Promise<string[]> {
  const page = await listProducts(db, {page: 1, pageSize: 20, currency: 'USD', search: text})
  const names = page.results.map(({name}) => name)
  return page.count === names.length ? names : [`${page.count} were counted`, ...names]
}

test('the best match comes first: the whole name, its beginning, the beginning of a word, anywhere; then the shorter name', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db, ['Licorice', 'Basmati rice', 'Long rice', 'Rice pudding', 'Rice bran', 'Rice', 'Salt'])

  t.deepEqual(await search(db, 'rice'), ['Rice', 'Rice bran', 'Rice pudding', 'Long rice', 'Basmati rice', 'Licorice'])
})

test('a search matches names that contain all its words, in any order', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db, ['Green tea', 'Tea, green', 'Green lentils', 'Evergreen steak'])

  t.deepEqual(await search(db, 'tea green'), ['Green tea', 'Tea, green', 'Evergreen steak'])
  t.deepEqual(await search(db, '  GREEN   lent '), ['Green lentils'])
  t.deepEqual(await search(db, 'green rice'), [])
})

test('case and accents make no difference, composed or decomposed', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db, ['CRÈME Brûlée', 'Cre\u0300me', 'Straße', 'Ærø salt', 'ЧАЙ', 'ΤΣΆΙ'])

  t.deepEqual(await search(db, 'creme'), ['Cre\u0300me', 'CRÈME Brûlée'])
  t.deepEqual(await search(db, 'BRU\u0302lée'), ['CRÈME Brûlée'])
  t.deepEqual(await search(db, 'strasse'), ['Straße'])
  t.deepEqual(await search(db, 'aero'), ['Ærø salt'])
  t.deepEqual(await search(db, 'чай'), ['ЧАЙ'])
})

test('letters of every script have trigrams, so that the index finds them', async (t) => {
  const {db} = await createDatabase(t)
  const {rows} = await db.raw<{rows: object[]}>(
    `select show_trgm('чай') <> '{}' as cyrillic, show_trgm('绿茶') <> '{}' as han`,
  )
  t.deepEqual(rows, [{cyrillic: true, han: true}])
})

test('one or two letters match only the beginning of a word, except in scripts without spaces between words', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db, ['Rice', 'Brown rice', 'Licorice', 'Cola 50', '緑茶'])

  t.deepEqual(await search(db, 'r'), ['Rice', 'Brown rice'])
  t.deepEqual(await search(db, 'ri'), ['Rice', 'Brown rice'])
  t.deepEqual(await search(db, '50'), ['Cola 50'])
  t.deepEqual(await search(db, '茶'), ['緑茶'])
})

test('characters with a special meaning in LIKE, regular expressions or SQL match literally', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db, [
    '100 % cotton',
    '1000 nails',
    'a_b',
    'axb',
    String.raw`back\slash`,
    "O'Neill",
    'C++ (book)',
    'What?',
  ])

  t.deepEqual(await search(db, '%'), ['100 % cotton'])
  t.deepEqual(await search(db, 'a_b'), ['a_b'])
  t.deepEqual(await search(db, '\\'), [String.raw`back\slash`])
  t.deepEqual(await search(db, "o'neill"), ["O'Neill"])
  t.deepEqual(await search(db, 'c++'), ['C++ (book)'])
  t.deepEqual(await search(db, 'what?'), ['What?'])
  t.deepEqual(await search(db, '.*'), [])
  t.deepEqual(await search(db, "'; drop table listings; --"), [])
})

test('a blank search is ignored, and a search for marks that fold to nothing finds everything', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db, ['Tea', 'Rice'])

  t.deepEqual(await search(db, '  \t'), ['Rice', 'Tea'])
  t.deepEqual((await search(db, '\u0301')).sort(), ['Rice', 'Tea'])
})

test('a search can have another ordering, and pages', async (t) => {
  const {db} = await createDatabase(t)
  for (let n = 1; n <= 45; n++) await addProduct(db, {id: n, name: `Rice ${n}`, price: n})
  await addProduct(db, {id: 99, name: 'Tea', price: 1})
  const list = async (page: number | 'last') => {
    const {results, ...found} = await listProducts(db, {
      page,
      pageSize: 20,
      currency: 'USD',
      search: 'rice',
      ordering: '-price',
    })
    return {...found, ids: results.map(({id}) => id)}
  }

  t.like(await list(1), {count: 45, pageCount: 3})
  t.is((await list(1)).ids[0], 45)
  t.deepEqual((await list('last')).ids, [5, 4, 3, 2, 1])
})
