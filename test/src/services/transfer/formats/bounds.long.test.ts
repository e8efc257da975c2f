import bcrypt from 'bcryptjs'
import test from 'ava'

import {InvalidFixtureError} from '../../../../../src/errors.ts'
import {maxLine} from '../../../../../src/services/transfer/formats/read-lines.ts'
import {loadFixture, type LoadOptions} from '../../../../../src/services/transfer/load.ts'
import {shareDatabase} from '../../../../helpers/database.ts'

// One after the other: they keep the process busy, and connections would be waited for too long.
const shared = shareDatabase(test)

async function dryRun(
  content: AsyncIterable<Uint8Array> | string,
  options: Partial<LoadOptions> = {},
): Promise<unknown> {
  return loadFixture(shared().db, bcrypt, content, {currency: 'USD', dryRun: true, ...options})
}

/** Files that go on for a gigabyte, and how much of them is read before they are refused. */
const endless = test.macro<[start: string, repeated: string, reason: RegExp, megabytes: number]>({
  async exec(t, start, repeated, reason, megabytes) {
    let sent = 0
    const piece = Buffer.from(repeated.repeat(Math.ceil(65_536 / repeated.length)))
    const content = (async function* () {
      yield await Promise.resolve(Buffer.from(start))
      for (; sent < 2 ** 30; sent += piece.length) yield piece
    })()

    const {problems} = await t.throwsAsync(dryRun(content), {instanceOf: InvalidFixtureError})

    t.regex(problems[0]?.reason ?? '', reason)
    t.true(sent <= megabytes * 2 ** 20, `${sent} bytes were read`)
  },
  title: (title = '') => `${title} is refused before it is in memory`,
})

const csv = 'name,price,stock\n'
test.serial('a CSV field without an end', endless, `${csv}Oat`, 'x', /more than 1048576 characters/, 2)
test.serial('a CSV quote without an end', endless, `${csv}"Oat`, 'x\n', /more than 1048576 characters/, 2)
test.serial('a CSV record of empty fields', endless, `${csv}Oat`, ',', /more than 1048576 characters/, 2)
test.serial('a CSV header without an end', endless, 'name,price', 'x', /the first 1048576 characters have no header/, 2)
test.serial('a CSV file of blank rows', endless, '', ',,\n', /the first 1048576 characters have no header/, 2)
test.serial(
  'a line of NDJSON without an end',
  endless,
  '{"product": {"name": "',
  'x',
  /more than 16777216 characters/,
  17,
)
test.serial('a line of JSON Lines without an end', endless, '{"model": "', 'x', /more than 16777216 characters/, 17)
test.serial('a JSON text without an end', endless, '{"products": [{"name": "', 'x', /more than 16777216 characters/, 17)
test.serial(
  'a JSON record without an end',
  endless,
  '{"products": [{"stock": {',
  '"a":1,',
  /more than 16777216 characters/,
  17,
)
test.serial('a JSON key without an end', endless, '{"', 'x', /more than 16777216 characters/, 17)
test.serial('nesting without an end', endless, '{"products": ', '[', /more than 16777216 characters/, 17)
test.serial('a list of dumpdata without an end', endless, '[{"model": "', 'x', /more than 16777216 characters/, 17)
test.serial('a YAML line without an end', endless, '- model: ', 'x', /more than 65536 characters/, 1)
test.serial('a YAML record without an end', endless, '- model: a\n', '  a: b\n', /more than 65536 characters/, 1)
test.serial('blanks without an end', endless, '', ' \n', /begins with more than 1048576 blank characters/, 2)
test.serial('NUL bytes without an end', endless, '', '\0', /NUL bytes/, 1)

test.serial('a line of NDJSON may have 16 Mi characters, and not one more', async (t) => {
  const line = (length: number) => {
    const start = '{"product": {"name": "'
    return `${start}${'x'.repeat(length - start.length - 3)}"}}`
  }
  const reasonOf = async (content: string) => {
    const {problems} = await t.throwsAsync(dryRun(content), {instanceOf: InvalidFixtureError})
    return problems[0]?.reason ?? ''
  }
  t.regex(await reasonOf(`${line(maxLine)}\n`), /name must be text of 1 to 200 characters/)
  t.regex(await reasonOf(`${line(maxLine + 1)}\n`), /has more than 16777216 characters/)
})

const nested = (open: string, close: string) => open.repeat(200_000) + close.repeat(200_000)

for (const [title, deep] of [
  ['lists', nested('[', ']')],
  ['objects', nested('{"a":', '}').replace(':}', ':1}')],
] as const) {
  for (const [place, content] of [
    ['of a record', `{"products": [${deep}]}`],
    ['of a field', `{"products": [{"name": ${deep}}]}`],
    ['of a list', `{"users": [{"username": "a", "password_hash": "!", "tokens": [${deep}]}]}`],
    ['of stock', `{"products": [{"name": "a", "stock": {"a": ${deep}}}]}`],
    ['of an unknown list', `{"things": ${deep}}`],
    ['of a line', `{"product": ${deep}}\n`],
    ['of a line of another kind', `{"thing": {"a": ${deep}}}\n`],
    ['of a dump', `[{"model": "products.product", "pk": 1, "fields": {"name": ${deep}}}]`],
    ['of a key in a dump', `[{"model": "products.product", "pk": ${deep}, "fields": {}}]`],
    ['of a line of a dump', `{"model": "products.product", "pk": 1, "fields": ${deep}}\n`],
  ] as const) {
    test.serial(`200,000 ${title} in each other in the place ${place} are a problem`, async (t) => {
      const {message} = await t.throwsAsync(dryRun(content), {instanceOf: InvalidFixtureError})
      t.true(message.length < 2000)
    })
  }
}

test.serial('brackets that never close are a problem', async (t) => {
  for (const content of ['['.repeat(1_000_000), `{"a":`.repeat(1_000_000), `{"products": ${'['.repeat(1_000_000)}`]) {
    await t.throwsAsync(dryRun(content), {instanceOf: InvalidFixtureError})
  }
})

const yamlField = (value: string) => `- model: products.product\n  pk: 1\n  fields:\n    name: ${value}\n`
const deepLines = (depth: number) => Array.from({length: depth}, (_, n) => `${' '.repeat(n)}a:\n`).join('      ')

test.serial('YAML may be nested a hundred levels deep, and not more', async (t) => {
  const reasonOf = async (content: string) => {
    const {problems} = await t.throwsAsync(dryRun(content, {format: 'django'}), {instanceOf: InvalidFixtureError})
    return problems[0]?.reason ?? ''
  }
  t.regex(await reasonOf(yamlField(nestedTo(100))), /name must be text.*not \[\[\[/)
  for (const deep of [
    yamlField(nestedTo(101)),
    yamlField('['.repeat(30_000)),
    yamlField(`\n      ${deepLines(101)}`),
    `- ${'- '.repeat(30_000)}a\n`,
    `- ? ${'? '.repeat(30_000)}a\n`,
  ]) {
    t.regex(await reasonOf(deep), /nested more than 100 levels deep/)
  }
})

function nestedTo(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

test.serial('a record with a million faults reports a few of them', async (t) => {
  const faults = {
    tokens: `{"users": [{"username": "a", "password_hash": "!", "tokens": [${'1,'.repeat(1_000_000)}1]}]}`,
    lines: `{"orders": [{"id": 1, "user": "a", "created_at": "2024-01-01", "lines": [${'1,'.repeat(1_000_000)}1]}]}`,
    keys: `{"products": [{"name": "a", ${Array.from({length: 100_000}, (_, n) => `"key${n}": 1`).join()}}]}`,
    pools: `{"products": [{"name": "a", "stock": {${Array.from({length: 20_000}, (_, n) => `"p${n}": -1`).join()}}}]}`,
  }
  for (const content of Object.values(faults)) {
    const error = await t.throwsAsync(dryRun(content), {instanceOf: InvalidFixtureError})
    t.true(error.count >= 1 && error.count <= 20)
    for (const {reason} of error.problems) t.true(reason.length < 600)
  }
})

test.serial('a product may have stock in ten thousand pools, and not in one more', async (t) => {
  const product = (pools: number) =>
    `{"product": {"name": "a", "stock": {${Array.from({length: pools}, (_, n) => `"p${n}": 1`).join()}}}}\n`
  await t.notThrowsAsync(dryRun(product(10_000)))
  await t.throwsAsync(dryRun(product(10_001)), {message: /stock must be .*10000 at most/})
})

test.serial('of thousands of models in a dump, a thousand are counted by name', async (t) => {
  const records = Array.from({length: 3000}, (_, n) => ({model: `app.model${n}`, pk: 1, fields: {}}))
  const {skipped} = await loadFixture(shared().db, bcrypt, JSON.stringify(records), {currency: 'USD', dryRun: true})
  t.is(Object.keys(skipped).length, 1001)
  t.is(skipped['other models'], 2000)
})

test.serial('values of a megabyte take no longer than others', async (t) => {
  const long = {
    zeros: `1.${'0'.repeat(1_000_000)}1`,
    digits: `2024-01-01 ${'1'.repeat(1_000_000)}`,
    groups: `1${',000'.repeat(250_000)}x`,
    blanks: `1${' 1'.repeat(500_000)}x`,
    letters: 'a'.repeat(1_000_000),
  }
  // Quadratic time would be an hour, which the time limit of the run does not allow.
  for (const value of Object.values(long)) {
    const rows = [`${value},1,1,1,`, `A,${value},1,1,`, `A,1,${value},1,`, `A,1,1,${value},`, `A,1,1,1,${value}`]
    for (const row of rows) {
      // Commas in the value make it several fields.
      const csv = `name;price;stock;id;effective_from\n${row.replaceAll(',', ';').replaceAll(';000', ',000')}\n`
      await t.throwsAsync(dryRun(csv), {instanceOf: InvalidFixtureError})
    }
    const json = {products: [{name: 'A', prices: [{amount: value, currency: value, effective_from: value}]}]}
    await t.throwsAsync(dryRun(JSON.stringify(json)), {instanceOf: InvalidFixtureError})
  }
})
