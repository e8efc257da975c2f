import {setTimeout as delay} from 'node:timers/promises'
import {gzipSync} from 'node:zlib'

import test from 'ava'

import {InvalidFixtureError} from '../../../../src/errors.ts'
import {loadFixture} from '../../../../src/services/transfer/load.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {contents, load} from '../../../helpers/fixtures.ts'

const csv = (rows: number): string =>
  ['id,name,price,stock', ...Array.from({length: rows}, (_, n) => `${n + 1},Té ${n + 1},${n}.50,${n}`)].join('\n')

const pieces = (content: Uint8Array, size: number) =>
  (async function* () {
    for (let at = 0; at < content.length; at += size) yield await Promise.resolve(content.subarray(at, at + size))
  })()

test('a file is read the same in pieces of any size, plain or compressed', async (t) => {
  const plain = Buffer.from(csv(50))
  const loaded = await Promise.all(
    [plain, gzipSync(plain)].flatMap((content) =>
      [1, 7, 1000].map(async (size) => {
        const {db} = await createDatabase(t)
        const result = await loadFixture(db, cheapBcrypt, pieces(content, size), {currency: 'USD'})
        t.is(result.products.loaded, 50)
        return db('products').orderBy('id').pluck('name')
      }),
    ),
  )
  for (const names of loaded) t.deepEqual(names, loaded[0])
})

const leavesNothing = test.macro<[() => AsyncIterable<Uint8Array> | Uint8Array | string, RegExp]>({
  async exec(t, content, message) {
    const {db} = await createDatabase(t)
    const before = await contents(db)
    await t.throwsAsync(loadFixture(db, cheapBcrypt, content(), {currency: 'USD'}), {message})
    t.deepEqual(await contents(db), before)
    t.is((await load(db, {products: [{name: 'After'}]})).products.loaded, 1)
  },
  title: (title = '') => `${title} leaves nothing, and the connection ready for the next load`,
})

const large = Buffer.from(csv(30_000))
const packed = gzipSync(large)

test(
  'gzip that ends too early',
  leavesNothing,
  () => packed.subarray(0, packed.length - 20),
  /gzip file ends too early/,
)
test(
  'gzip that is damaged',
  leavesNothing,
  () => Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8, 1)]),
  /gzip file is damaged/,
)
test('an empty file in gzip', leavesNothing, () => gzipSync(''), /line 1: the file is empty/)
test(
  'an input that fails',
  leavesNothing,
  async function* () {
    yield* pieces(large, 65_536)
    await delay(1)
    throw new Error('The disk is gone.')
  },
  /The disk is gone/,
)
test('a mistake in the last line', leavesNothing, () => `${csv(30_000)}\n9999999,,1,1`, /line 30002: name is missing/)
test(
  'an id that repeats late in the file',
  leavesNothing,
  () => `${csv(30_000)}\n1,Tea,1,1`,
  /line 30002: has the same id as line 2/,
)
test(
  'bytes that are not UTF-8, late in the file',
  leavesNothing,
  () => Buffer.concat([large, Buffer.from('\n8,\xff', 'latin1')]),
  /line 30002: .*UTF-8/,
)
test(
  'a CSV quote that encloses megabytes',
  leavesNothing,
  () => `name,price,stock\n"${'x\n'.repeat(600_000)}`,
  /line .*: /,
)

test('of thousands of problems the first thousand are reported, and all are counted', async (t) => {
  const {db} = await createDatabase(t)
  const lines = Array.from({length: 3000}, (_, n) => `Tea ${n},free,1`)

  const error = await t.throwsAsync(load(db, ['name,price,stock', ...lines].join('\n')), {
    instanceOf: InvalidFixtureError,
  })

  t.is(error.count, 3000)
  t.is(error.problems.length, 1000)
  t.is(error.problems[999]?.record, 'line 1001')
  t.regex(error.message, /\.\.\. and 2980 more$/)
})

const duplicates = ['name,price,stock', ...Array.from({length: 3000}, () => 'Tea,1,1')].join('\n')

test('the same is true of problems that only the whole file shows', async (t) => {
  const {db} = await createDatabase(t)
  const error = await t.throwsAsync(load(db, duplicates), {instanceOf: InvalidFixtureError})
  t.is(error.count, 2999)
  t.is(error.problems.length, 1000)
  t.deepEqual(error.problems[0], {
    record: 'line 3',
    reason: 'has the same name as line 2; products with the same name must have ids or SKUs',
  })
})

test('a dry run reports what a load would do, and writes nothing', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, {products: [{id: 1, name: 'Rice', price: '1.00'}]})
  const before = await contents(db)
  const fixture = {
    users: [{username: 'anna', password: 'x'}],
    products: [
      {id: 1, name: 'Rice'},
      {name: 'Tea', price: '2'},
    ],
  }
  const dryRun = async (content: object) =>
    loadFixture(db, cheapBcrypt, JSON.stringify(content), {currency: 'USD', dryRun: true})

  t.like(await dryRun(fixture), {
    users: {loaded: 1, existing: 0},
    products: {loaded: 1, existing: 1},
    prices: {loaded: 1, existing: 0},
  })
  await t.throwsAsync(dryRun({products: [{id: 1, name: 'Oats'}]}), {instanceOf: InvalidFixtureError})

  t.deepEqual(await contents(db), before)
  t.like(await load(db, fixture), {products: {loaded: 1, existing: 1}})
})
