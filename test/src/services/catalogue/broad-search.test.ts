import test from 'ava'
import type {Knex} from 'knex'

import {InvalidPageError} from '../../../../src/errors.ts'
import {type List, listingStatement} from '../../../../src/services/catalogue/listing-statement.ts'
import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {readListings} from '../../../../src/services/catalogue/read-listings.ts'
import {prepareSearch} from '../../../../src/services/catalogue/search.ts'
import type {Ordering} from '../../../../src/services/catalogue/sort.ts'
import {walkProducts} from '../../../../src/services/catalogue/walk.ts'
import {query} from '../../../../src/db/query.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {fc, sized} from '../../../helpers/tier.ts'

/** Instead of 10,000. */
const most = 6

const names = [
  ...['Tea', 'Tea bags', 'Steak', 'Iced tea', 'Teapot', 'Protea', 'Black tea', 'Stearin candles', 'Tea, green'],
  ...['Green tea', 'Evergreen steak', 'Coffee', 'Green beans', 'Té verde', 'Tea bags', 'teas of the world'],
]

async function addNames(db: Knex): Promise<void> {
  for (const [index, name] of names.entries()) await addProduct(db, {id: index + 1, name, price: (index * 7) % 5})
}

const folded = (name: string): string => ` ${name.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '')}`

/** The ids of a broad search's matches in their order, computed without the database. */
function rank(products: {id: number; name: string}[], text: string): number[] {
  const words = text.split(' ')
  const isBeginning = (name: string, word: string) => folded(name).includes(` ${word}`)
  const matches = (name: string, word: string) =>
    word.length < 3 ? isBeginning(name, word) : folded(name).includes(word)
  return products
    .filter(({name}) => words.every((word) => matches(name, word)))
    .map(({id, name}) => {
      const tier = words.length > 1 || isBeginning(name, text) ? 2 : 3
      return [tier, Buffer.byteLength(folded(name)), id] as const
    })
    .sort((one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2])
    .map(([, , id]) => id)
}

const shelf = names.map((name, index) => ({id: index + 1, name}))

async function walkAll(
  db: Knex,
  asked: {search: string; ordering?: Ordering},
  {pageSize = 2, change}: {pageSize?: number; change?: (step: number) => Promise<unknown>} = {},
): Promise<{there: number[]; back: number[]}> {
  const there: number[][] = []
  const back: number[][] = []
  const read = async (cursor: string) => walkProducts(db, {cursor, pageSize, defaultCurrency: 'USD', most, ...asked})
  let page = await read('')
  for (;;) {
    there.push(page.results.map(({id}) => id))
    if (page.next === null) break
    await change?.(there.length)
    page = await read(page.next)
  }
  for (;;) {
    back.push(page.results.map(({id}) => id))
    if (page.previous === null) return {there: there.flat(), back: back.reverse().flat()}
    page = await read(page.previous)
  }
}

test('a search with more matches than are counted says so, and its pages end there', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db)
  const list = async (page: number | 'last', search = 'tea', pageSize = 4) =>
    listProducts(db, {page, pageSize, currency: 'USD', search, most})
  const expected = rank(shelf, 'tea')
  t.true(expected.length > most + 4)

  const first = await list(1)
  t.like(first, {count: most, isMore: true, page: 1, pageCount: 2})
  t.deepEqual(
    first.results.map(({name}) => name),
    ['Tea', 'Teapot', 'Tea bags', 'Iced tea'],
  )
  const last = await list('last')
  t.like(last, {count: most, isMore: true, page: 2, pageCount: 2})
  t.deepEqual(last, await list(2))
  t.deepEqual(
    [...first.results, ...last.results].map(({id}) => id),
    expected.slice(0, most),
  )
  await t.throwsAsync(list(3), {instanceOf: InvalidPageError})
})

test('a search that matches as many as are counted has an exact count and the exact ranking', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db)
  const green = {page: 1, pageSize: 20, currency: 'USD' as const, search: 'green'}
  const exact = await listProducts(db, green)
  t.is(exact.count, 4)

  t.deepEqual(await listProducts(db, {...green, most: 4}), exact)
  t.false(exact.isMore)
  t.deepEqual(
    exact.results.map(({name}) => name),
    ['Green tea', 'Green beans', 'Tea, green', 'Evergreen steak'],
  )
  t.like(await listProducts(db, {...green, most: 3, pageSize: 3}), {count: 3, isMore: true})
})

test('a broad search in one of the orderings has all pages up to the bound in that ordering', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db)
  for (const ordering of ['name', '-name', 'price', '-price', 'id', '-id'] as const) {
    const request = {currency: 'USD' as const, search: 'tea', ordering}
    const all = await listProducts(db, {...request, page: 1, pageSize: 100})
    const ids: number[] = []
    for (const page of [1, 2, 3]) {
      const {results, ...told} = await listProducts(db, {...request, page, pageSize: 2, most})
      t.like(told, {count: most, isMore: true, pageCount: 3})
      ids.push(...results.map(({id}) => id))
    }
    t.deepEqual(
      ids,
      all.results.slice(0, most).map(({id}) => id),
    )
    const {there, back} = await walkAll(db, {search: 'tea', ordering})
    t.deepEqual(
      there,
      all.results.map(({id}) => id),
    )
    t.deepEqual(back, there)
  }
})

test('a walk of a broad search returns all matches, in both directions', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db)
  // One word, a part of words only, a short word, two words, and what every name has.
  for (const text of ['tea', 'eak', 'ste', 'te', 'tea green', 'ea', 'e', 'rtea']) {
    const expected = rank(shelf, text)
    for (const pageSize of [1, 3]) {
      if (expected.length > most) {
        t.deepEqual(
          await walkAll(db, {search: text}, {pageSize}),
          {there: expected, back: expected},
          `${text} by ${pageSize}`,
        )
      } else {
        const {there} = await walkAll(db, {search: text}, {pageSize})
        t.deepEqual([...there].sort(), [...expected].sort(), `${text} by ${pageSize}`)
      }
    }
  }
  t.true(rank(shelf, 'te').length > most)
})

test('a walk keeps its order when more or fewer match than are counted', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db)
  const stayers = ['Green beans', 'Evergreen steak', 'Green tea', 'Tea, green'].map((name) => names.indexOf(name) + 1)
  const ids = (found: {there: number[]}) => found.there.filter((id) => stayers.includes(id))
  const asked = {search: 'green'}
  const narrow = ids(await walkAll(db, asked))

  const grown = await walkAll(db, asked, {
    pageSize: 1,
    change: async (step) => {
      if (step === 2) for (let n = 0; n < 5; n++) await addProduct(db, {id: 100 + n, name: `Aa greener ${n}`})
    },
  })
  t.deepEqual(ids(grown), narrow)
  const broad = await walkAll(db, asked, {pageSize: 1})
  t.is(broad.there.length, 9)
  t.notDeepEqual(ids(broad), narrow)
  const shrunk = await walkAll(db, asked, {
    pageSize: 1,
    change: async (step) =>
      step === 2 ? db('stock_levels').where('product_id', '>=', 100).update({on_hand: 0}) : undefined,
  })
  t.deepEqual(ids(shrunk), ids(broad))
})

const word = fc.constantFrom('tea', 'steam', 'green', 'a', 'te', 'éa', 'bags', 'x')

test('any broad search has the same order on pages, on walks and by computation', async (t) => {
  const {db} = await createDatabase(t)
  const property = fc.asyncProperty(
    fc.array(fc.array(word, {minLength: 1, maxLength: 4}), {minLength: 8, maxLength: 20}),
    fc.constantFrom('tea', 'te', 'eam', 'green tea', 'a', 'ea'),
    fc.integer({min: 1, max: 5}),
    async (products, text, pageSize) => {
      await db.raw('truncate products cascade')
      const added = products.map((words, index) => ({id: index + 1, name: words.join(' ')}))
      await db.transaction(async (trx) => {
        for (const product of added) await addProduct(trx, product)
      })
      const expected = rank(added, text)
      if (expected.length <= most) return
      const paged: number[] = []
      for (let page = 1; page <= Math.ceil(most / pageSize); page++) {
        const {results} = await listProducts(db, {page, pageSize, currency: 'USD', search: text, most})
        paged.push(...results.map(({id}) => id))
      }
      t.deepEqual(paged, expected.slice(0, most))
      t.deepEqual(await walkAll(db, {search: text}, {pageSize}), {there: expected, back: expected})
    },
  )
  await fc.assert(property, {numRuns: sized(8, 80)})
})

test('matches that the shortest names do not have are found by their words', async (t) => {
  const {db} = await createDatabase(t)
  await addNames(db)
  const list: List = {currency: 'USD', order: 'broad', search: await prepareSearch(db, 'tea')}
  const slice = {limit: 9, offset: 2}
  const ids = (rows: {id: number}[]) => rows.map(({id}) => id)
  const expected = rank(shelf, 'tea').slice(2, 11)
  t.deepEqual(ids((await readListings(db, list, slice)).listings), expected)

  const {sql, bindings} = listingStatement(list, slice)
  const fewer = sql.replaceAll('limit 20000', 'limit 2')
  t.not(fewer, sql)

  t.deepEqual(ids(await query<{id: number}>(db, fewer, bindings)), expected)
})
