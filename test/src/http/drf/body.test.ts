import {gzipSync} from 'node:zlib'

import test from 'ava'

import {addCaller, shareShop, startShop} from '../../../helpers/http.ts'
import {addProduct} from '../../../helpers/shop.ts'

const shared = shareShop(test)

const bodies = test.macro<[string | undefined, Buffer | string, number, RegExp]>({
  async exec(t, type, body, status, detail) {
    const shop = shared()
    const {headers} = await addCaller(shop)
    const answer = await shop.send('PUT', '/orders/create/', {
      headers: {...headers, ...(type !== undefined && {'content-type': type})},
      body,
    })
    t.is(answer.status, status)
    t.regex(answer.body.detail, detail)
    t.is(answer.body.status, status)
  },
  title: (title, type, body) => title ?? `${type ?? 'no type'}: ${body.toString().slice(0, 40)}`,
})

const json = 'application/json'

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

function lists(count: number): string {
  return Array.from({length: count}, () => '[]').join(',')
}

/** Each key twice. */
function keyed(count: number): string {
  const keys = Array.from({length: 2 * count}, (_, n) => `{"key ${n % count}": ":"}`)
  return `[${keys.join(',')}]`
}

test(bodies, 'text/plain', '{}', 415, /^Unsupported media type "text\/plain" in request\.$/)
test(bodies, 'application/xml', '<a/>', 415, /^Unsupported media type "application\/xml" in request\.$/)
test(bodies, 'nonsense', '{}', 415, /^Unsupported media type "nonsense" in request\.$/)
test(bodies, 'application/json; charset=klingon', '{}', 415, /charset "klingon"/)
test(
  bodies,
  json,
  '{',
  400,
  /^JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 \(char 1\)$/,
)
test(bodies, json, 'x', 400, /^JSON parse error - Expecting value: line 1 column 1 \(char 0\)$/)
test(bodies, json, Buffer.from([0x22, 0xff, 0x22]), 400, /^JSON parse error - .*utf-8/)
test(bodies, json, '{"items": NaN}', 400, /Out of range float values are not JSON compliant: 'NaN'/)
test(bodies, json, `{"items": ${'['.repeat(400_000)}`, 400, /^JSON parse error/)
test('JSON of 100 levels', bodies, json, `{"a": ${nested(99)}}`, 400, /^Invalid input\.$/)
test('JSON of 101 levels', bodies, json, `{"a": ${nested(100)}}`, 400, /^JSON parse error - .* more than 100 levels/)
test('JSON of 70,000 commas', bodies, json, `[${'1,'.repeat(70_000)}1]`, 400, /^Invalid input\.$/)
test('JSON of 70,001 commas', bodies, json, `[${'1,'.repeat(70_001)}1]`, 400, /^JSON parse error - .* 70000 commas/)
test('JSON of 70,000 lists', bodies, json, `[${lists(69_999)}]`, 400, /^Invalid input\.$/)
test('JSON of 70,001 lists', bodies, json, `[${lists(70_000)}]`, 400, /^JSON parse error - .* 70000 lists and objects/)
test('JSON of 1000 keys', bodies, json, keyed(1000), 400, /^Invalid input\.$/)
test('JSON of 1001 keys', bodies, json, keyed(1001), 400, /^JSON parse error - .* 1000 different keys/)
test('brackets and commas in a text', bodies, json, `{"a": "\\"${'[,'.repeat(200_000)}"}`, 400, /^Invalid input\.$/)
test(bodies, 'multipart/form-data', 'x', 400, /^Multipart form parse error/)
test(bodies, 'multipart/form-data; boundary=x', 'x', 400, /^Multipart form parse error/)
test('a body over 1 MB', bodies, json, JSON.stringify({items: 'x'.repeat(1_000_001)}), 413, /larger than 1 MB/)
for (const type of [
  'Application/JSON',
  ' application/json ; charset=UTF-8 ',
  'application/json;charset="utf-8"',
  "application/json; charset='utf-8'",
  'application/json; charset=utf_8',
  'application/json; charset=UTF8',
  'application/json; charset=latin-1',
  'application/json; charset=',
  'application/json;',
  'application/json; version=1',
  'application/*',
  '*/*',
]) {
  test(`JSON as "${type}"`, bodies, type, '{}', 400, /^Invalid input\.$/)
}
test(
  'UTF-16 is decoded by its charset',
  bodies,
  `${json}; charset=utf-16le`,
  Buffer.from('{}', 'utf16le'),
  400,
  /^Invalid input\.$/,
)

test('a compressed body is read within the same limit, and refused if its encoding is wrong', async (t) => {
  const shop = await startShop(t)
  const caller = await addCaller(shop)
  await addProduct(shop.db, {id: 1})
  const send = async (body: Buffer | string, encoding = 'gzip') =>
    shop.send('PUT', '/orders/create/', {
      headers: {...caller.headers, 'content-type': json, 'content-encoding': encoding},
      body,
    })

  t.is((await send(gzipSync('{"items": [{"product_id": 1, "quantity": 1}]}'))).status, 201)
  t.is((await send(gzipSync(Buffer.alloc(50_000_000)))).status, 413)
  t.is((await send('not gzip')).status, 400)
  t.is((await send('x', 'zstd-9000')).status, 415)
})

test('a missing body counts as an empty one, whatever its type', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  for (const type of [json, 'text/plain', 'multipart/form-data']) {
    const {status, body} = await shop.send('PUT', '/orders/create/', {headers: {...headers, 'content-type': type}})
    t.is(status, 400)
    t.deepEqual(body.items, ['This field is required.'])
  }
})
