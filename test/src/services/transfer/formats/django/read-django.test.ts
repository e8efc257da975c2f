import bcrypt from 'bcryptjs'
import test from 'ava'

import {InvalidFixtureError} from '../../../../../../src/errors.ts'
import {loadFixture, type LoadOptions} from '../../../../../../src/services/transfer/load.ts'
import {createDatabase, shareDatabase} from '../../../../../helpers/database.ts'
import {contents} from '../../../../../helpers/fixtures.ts'

const shared = shareDatabase(test)

const records = [
  {model: 'products.product', pk: 7001, fields: {name: 'Oat: "best"', enabled: true, quantity_in_stock: 5}},
  {
    model: 'products.productprice',
    pk: 7001,
    fields: {product: 7001, price: '2.50', effective_from: '2024-04-18T19:06:44.845123Z'},
  },
]
const json = JSON.stringify(records)
const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('')
const yaml = `- model: products.product
  pk: 7001
  fields:
    name: 'Oat: "best"'
    enabled: true
    quantity_in_stock: 5
- model: products.productprice
  pk: 7001
  fields:
    product: 7001
    price: '2.50'
    effective_from: 2024-04-18 19:06:44.845123+00:00
`
/** As older versions of Django sort the keys. */
const sortedYaml = `- fields: {enabled: true, name: "Oat: \\"best\\"", quantity_in_stock: 5}
  model: products.product
  pk: 7001
- fields: {effective_from: !!timestamp '2024-04-18 19:06:44.845123+00:00', price: 2.50, product: 7001}
  model: products.productprice
  pk: 7001
`

const reads = test.macro<[content: string, options?: Partial<LoadOptions>]>({
  async exec(t, content, options = {}) {
    const {db} = await createDatabase(t)
    const result = await loadFixture(db, bcrypt, content, {currency: 'USD', ...options})
    t.is(result.format, 'django')
    const {products, product_prices: prices} = await contents(db)
    t.like(products, [{id: 7001, name: 'Oat: "best"', enabled: true}])
    t.like(prices, [{id: 7001, amount: 250, effective_from: '2024-04-18T19:06:44.845123Z'}])
  },
  title: (title = '') => `reads ${title}`,
})

const warnings = '/usr/lib/x.py:3: DeprecationWarning: old\n  import y\n'

test('JSON Lines', reads, lines)
test(
  'JSON Lines with CR LF, blank lines and a byte order mark',
  reads,
  `\uFEFF\r\n${lines.replaceAll('\n', '\r\n\r\n')}`,
)
test('JSON Lines if Django is given as the format', reads, lines, {format: 'django'})
test('JSON behind warnings', reads, `${warnings}${json}`)
test('indented JSON behind warnings', reads, `${warnings}\n${JSON.stringify(records, undefined, 2)}\n`)
test('JSON behind warnings if Django is given as the format', reads, `${warnings}${json}`, {format: 'django'})
test('JSON behind log lines in brackets', reads, `[INFO] start\n[2024-01-01 12:00:00,123] DEBUG\n${json}`)
test('JSON behind log lines in JSON', reads, `{"level":"warn","msg":"x"}\n${json}`)
test('JSON behind a message without a line break', reads, `Loading .env... ${json}`)
test('JSON Lines behind warnings', reads, `${warnings}${lines}`)
test('YAML', reads, yaml)
test(
  'YAML in CR LF, with document markers and comments',
  reads,
  `# old shop\n---\n${yaml}...\n`.replaceAll('\n', '\r\n'),
)
test('YAML with sorted keys', reads, sortedYaml)
test('YAML behind warnings', reads, `${warnings}${yaml}`)

test('what stands before a dump is reported, and lines keep their numbers', async (t) => {
  const {db} = shared()
  const dryRun = async (content: string) => loadFixture(db, bcrypt, content, {currency: 'USD', dryRun: true})

  t.is((await dryRun(`${warnings}${json}`)).noise, '/usr/lib/x.py:3: DeprecationWarning: old')
  t.is((await dryRun(json)).noise, undefined)
  for (const [content, record] of [
    [`${warnings}${lines}{"model": 1}\n`, 'line 5'],
    [`${warnings}${json.slice(0, -1)}`, 'line 3'],
    [`${warnings}${yaml}- model: [\n`, 'line 15'],
  ] as const) {
    const {problems} = await t.throwsAsync(dryRun(content), {instanceOf: InvalidFixtureError})
    t.is(problems[0]?.record, record)
  }
})

const refuses = test.macro<[content: string, record: string, reason: RegExp]>({
  async exec(t, content, record, reason) {
    const load = loadFixture(shared().db, bcrypt, content, {currency: 'USD', dryRun: true})
    const {problems} = await t.throwsAsync(load, {instanceOf: InvalidFixtureError})
    t.is(problems[0]?.record, record)
    t.regex(problems[0]?.reason ?? '', reason)
  },
  title: (title = '') => `refuses ${title}`,
})

const fields = (text: string) => `- model: products.product\n  pk: 1\n  fields: ${text}\n`

test('a line that is not JSON', refuses, `${lines}{"model"\n`, 'line 3', /invalid JSON at column/)
test('tags of Python', refuses, fields('!!python/object/apply:os.system [ls]'), 'line 1', /Unresolved tag/)
test('a reference to another record', refuses, fields('*a'), 'line 1', /Unresolved alias.*--format json/)
test(
  'references that grow without end',
  refuses,
  fields(
    `{a: &a [x,x,x,x,x,x,x,x,x], b: &b [*a,*a,*a,*a,*a,*a,*a,*a], c: &c [*b,*b,*b,*b,*b,*b,*b,*b], d: [*c,*c,*c,*c]}`,
  ),
  'line 1',
  /Excessive alias count/,
)
test('keys that repeat', refuses, '- model: a\n  model: b\n', 'line 1', /Map keys must be unique/)
test('text between entries', refuses, `${yaml}---\nproducts: []\n`, 'line 14', /must be a list/)
test('a record of more than 64 KB', refuses, fields(`{name: ${'x'.repeat(66_000)}}`), 'line 1', /more than 65536 char/)
test(
  'a record of many lines',
  refuses,
  `${fields('')}${'    a: b\n'.repeat(10_000)}`,
  'line 1',
  /more than 65536 characters/,
)
test('the native lists in YAML', refuses, 'products:\n  - name: Oat\n', 'the file', /this is YAML.*Convert it to JSON/)
test(
  "Django's XML",
  refuses,
  '<?xml version="1.0" encoding="utf-8"?>\n<django-objects version="1.0">',
  'the file',
  /^this is Django's XML format\. Use: manage\.py dumpdata --format json$/,
)
test('other XML', refuses, '<?xml version="1.0"?><shop/>', 'the file', /this is XML/)
test('HTML', refuses, '\n<!DOCTYPE html>\n<html>', 'the file', /this is an HTML page/)
test('SQL', refuses, '--\n-- PostgreSQL database dump\n--\n', 'the file', /this is SQL.*dumpdata/)
test('text behind a dump', refuses, `${json}\nDone.\n`, 'line 2', /expected the end of the text, not "D"/)
