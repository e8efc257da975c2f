import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {InvalidCursorError} from '../../../../src/errors.ts'
import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {decodeCursor, encodeCursor} from '../../../../src/services/catalogue/page-cursor.ts'
import {type Ordering, orderings} from '../../../../src/services/catalogue/sort.ts'
import {type CursorPage, walkProducts} from '../../../../src/services/catalogue/walk.ts'
import {addPrice} from '../../../helpers/catalogue.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {fc, sized} from '../../../helpers/tier.ts'

type Asked = {ordering?: Ordering; search?: string}

async function walk(db: Knex, cursor: string, asked: Asked = {}, pageSize = 2) {
  return walkProducts(db, {cursor, pageSize, defaultCurrency: 'USD', ...asked})
}

/** Returns the ids of all products in a walk, in order of appearance. Calls `change` before each page but the first. */
async function walkAll(
  db: Knex,
  direction: 'next' | 'previous',
  {asked, pageSize, change}: {asked: Asked; pageSize: number; change: (step: number) => Promise<void>},
): Promise<number[]> {
  let page = await walk(db, '', asked, pageSize)
  if (direction === 'previous') while (page.next !== null) page = await walk(db, page.next, asked, pageSize)
  const met = [page.results.map(({id}) => id)]
  for (let step = 0; ; step++) {
    const cursor: CursorPage<unknown>['next'] = page[direction]
    if (cursor === null) return direction === 'next' ? met.flat() : met.reverse().flat()
    await change(step)
    page = await walk(db, cursor, asked, pageSize)
    met.push(page.results.map(({id}) => id))
  }
}

const none = async (): Promise<void> => Promise.resolve()

async function addShelf(db: Knex): Promise<number[]> {
  const stayers: number[] = []
  const names = ['Rice', 'Rice', 'rice red', 'Ráce', 'Tea', 'Rice long', 'Basmati rice', 'Licorice']
  for (const [index, name] of names.entries()) {
    stayers.push(await addProduct(db, {id: 10 * (index + 1), name, price: (index * 7) % 4}))
    await addProduct(db, {id: 10 * (index + 1) + 5, name: `${name} mover`, price: (index * 5) % 4})
  }
  return stayers
}

test('a walk in either direction returns the whole list in its order', async (t) => {
  const {db} = await createDatabase(t)
  await addShelf(db)
  for (const asked of [
    ...orderings.map((ordering) => ({ordering})),
    {search: 'rice'},
    {search: 'rice', ordering: '-id'},
  ]) {
    const {results} = await listProducts(db, {page: 1, pageSize: 100, currency: 'USD', ...(asked as Asked)})
    const expected = results.map(({id}) => id)
    t.true(expected.length > 5)
    for (const direction of ['next', 'previous'] as const) {
      const walked = await walkAll(db, direction, {asked: asked as Asked, pageSize: 3, change: none})
      t.deepEqual(walked, expected, `${direction} ${JSON.stringify(asked)}`)
    }
  }
})

const change = fc.record({
  kind: fc.constantFrom('sell', 'restock', 'rename', 'reprice', 'add'),
  // The products that change have ids that end in 5.
  mover: fc.integer({min: 1, max: 8}).map((n) => 10 * n + 5),
  name: fc.constantFrom('Aa', 'Rice', 'rice b', 'Rice long', 'Zz'),
  price: fc.integer({min: 0, max: 4}),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

async function apply(db: Knex, {kind, mover, name, price}: Change): Promise<void> {
  if (kind === 'sell') await db('stock_levels').where({product_id: mover}).update({on_hand: 0})
  if (kind === 'restock') await db('stock_levels').where({product_id: mover}).update({on_hand: 3})
  if (kind === 'rename') await db('products').where({id: mover}).update({name})
  if (kind === 'reprice') await addPrice(db, {productId: mover, amount: price})
  if (kind === 'add') await addProduct(db, {name: `${name} rice`, price})
}

test('a walk returns unchanged products exactly once while others are sold, renamed, repriced and added', async (t) => {
  const {db} = await createDatabase(t)
  await db.raw('alter sequence products_id_seq restart 1000')
  const stayers = await addShelf(db)
  const property = fc.asyncProperty(
    fc.constantFrom<Asked[]>(
      ...orderings.map((ordering) => ({ordering})),
      {search: 'ri'},
      {search: 'rice', ordering: 'price'},
    ),
    fc.constantFrom('next' as const, 'previous' as const),
    fc.integer({min: 1, max: 4}),
    fc.array(fc.array(change, {maxLength: 3}), {minLength: 10, maxLength: 20}),
    async (asked, direction, pageSize, changes) => {
      const found = await listProducts(db, {page: 1, pageSize: 1000, currency: 'USD', ...asked})
      const expected = found.results.map(({id}) => id).filter((id) => stayers.includes(id))
      const met = await walkAll(db, direction, {
        asked,
        pageSize,
        change: async (step) => {
          for (const one of changes[step] ?? []) await apply(db, one)
        },
      })
      t.deepEqual(
        met.filter((id) => stayers.includes(id)),
        expected,
      )
      await db('stock_levels').where('product_id', '>=', 1000).update({on_hand: 0})
    },
  )
  await fc.assert(property, {numRuns: sized(60, 600)})
})

test('a page that has become empty has a link back', async (t) => {
  const {db} = await createDatabase(t)
  for (const name of ['a', 'b', 'c', 'd']) await addProduct(db, {name})
  const first = await walk(db, '')
  await db('stock_levels').update({on_hand: 0})

  const empty = await walk(db, first.next ?? '')
  t.deepEqual([empty.results, empty.next, empty.count], [[], null, 0])
  const back = await walk(db, empty.previous ?? '')
  t.deepEqual([back.results, back.next, back.previous], [[], null, null])
})

test('a cursor needs no other parameters, and is refused with those of another list', async (t) => {
  const {db} = await createDatabase(t)
  for (const name of ['Rice 1', 'Rice 2', 'Rice 3']) await addProduct(db, {name, price: 5})
  const {next} = await walk(db, '', {search: 'rice', ordering: '-price'})
  const cursor = next ?? ''

  t.is((await walk(db, cursor)).results.length, 1)
  t.is((await walk(db, cursor, {search: 'rice', ordering: '-price'}, 1)).results.length, 1)
  for (const other of [{search: 'tea'}, {search: ''}, {ordering: 'price'}, {currency: 'EUR'}]) {
    await t.throwsAsync(walkProducts(db, {cursor, pageSize: 2, defaultCurrency: 'USD', ...(other as Asked)}), {
      instanceOf: InvalidCursorError,
    })
  }
})

const good = {currency: 'USD', order: 'name', search: null, isBackwards: false, place: ['Rice', 7]} as const
const forge = (content: object): string => encodeCursor({...good, place: [...good.place], ...content})

test('decoding a cursor returns what was encoded', (t) => {
  t.deepEqual(decodeCursor(forge({})), {...good, place: ['Rice', 7]})
})

test('a cursor with a character changed, removed or added is refused', (t) => {
  const cursor = forge({})
  const refused = (text: string) => t.throws(() => decodeCursor(text), {instanceOf: InvalidCursorError}, text)
  for (let at = 0; at < cursor.length; at++) {
    refused(`${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`)
    refused(cursor.slice(0, at))
  }
  for (const text of [`${cursor}A`, `${cursor}=`, ` ${cursor}`, 'null', '\0', '%']) refused(text)
})

const isRefused = (t: ExecutionContext, content: object): void => {
  t.throws(() => decodeCursor(forge(content)), {instanceOf: InvalidCursorError}, JSON.stringify(content))
}

test('a made-up cursor that makes no sense is refused', (t) => {
  isRefused(t, {currency: 'dollars'})
  isRefused(t, {order: 'colour'})
  isRefused(t, {order: 'match'})
  isRefused(t, {search: ' '})
  isRefused(t, {search: 'x'.repeat(201)})
  isRefused(t, {search: 'nul\0'})
  isRefused(t, {place: []})
  isRefused(t, {place: ['Rice']})
  isRefused(t, {place: ['Rice', '7']})
  isRefused(t, {place: ['Rice', 1.5]})
  isRefused(t, {place: ['nul\0', 1]})
  isRefused(t, {order: 'price', place: ['Rice', 7]})
  isRefused(t, {isBackwards: 1})
})
