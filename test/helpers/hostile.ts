import {brotliCompressSync, constants, gzipSync} from 'node:zlib'

/** A request that tries to cost more than its size. */
export type HostileRequest = {
  name: string
  method: 'GET' | 'POST' | 'PUT'
  path: string
  headers: Record<string, string>
  body: Buffer
}

const size = 1_000_000

/** Repeats a text up to the limit of a body. */
function fill(text: string, {start = '', end = ''} = {}): string {
  return start + text.repeat(Math.floor((size - start.length - end.length) / text.length)) + end
}

/** Joins numbered texts up to the limit of a body. */
function number(text: (n: number) => string, {start = '', end = '', step = 1} = {}): string {
  const parts = [start]
  let length = start.length + end.length
  for (let n = 0; ; n += step) {
    const part = text(n)
    length += part.length
    if (length > size) return parts.join('') + end
    parts.push(part)
  }
}

const item = '{"product_id":1,"quantity":1}'
const inItems = {start: '{"items":[', end: '1]}'}

const json: Record<string, string> = {
  items: fill(`${item},`, {start: '{"items":[', end: `${item}]}`}),
  'items of other products': number((n) => `{"product_id":${n},"quantity":1},`, {
    start: '{"items":[',
    end: `${item}]}`,
  }),
  'items with errors': fill('{},', inItems),
  'null as items': fill('null,', inItems),
  'short items': fill('0,', inItems),
  '100 items of long texts': `{"items":[${`{"product_id":"${'1'.repeat(4900)}","quantity":"${'1'.repeat(4900)}"},`.repeat(99)}1]}`,
  '100 items of spaces': `{"items":[${`{"product_id":"${' '.repeat(990)}x","quantity":".${'0'.repeat(990)}x"},`.repeat(99)}1]}`,
  'numbers that collide in an integer hash': number((n) => `{"product_id":${n},"quantity":1},`, {
    ...inItems,
    step: 2 ** 20,
  }),
  'texts of digits that collide in a string table': number((n) => `"${(n * 4096) % 9_999_999}",`, inItems),
  'keys of digits that collide': number((n) => `"${(n * 4096) % 9_999_999}":1,`, {start: '{', end: '"items":[]}'}),
  'many keys': number((n) => `"k${n}":1,`, {start: '{', end: '"items":[]}'}),
  'objects of other keys': number((n) => `{"k${n}":1},`, inItems),
  'one key many times': fill('"items":[],', {start: '{', end: '"items":[]}'}),
  '__proto__ many times': fill('"__proto__":{"items":[]},', {start: '{', end: '"items":[]}'}),
  'deep lists': fill('[', {start: '{"items":'}),
  'deep objects': fill('{"a":', {start: '{"items":'}),
  'many nested lists': fill(`${'['.repeat(97)}${']'.repeat(97)},`, inItems),
  'lists in short items': `{"items":[${'[[[[[]]]]],'.repeat(69_900)}1]}`,
  'a deep currency': `{"items":[${item}],"currency":${'['.repeat(480_000)}${']'.repeat(480_000)}}`,
  'a wide currency': fill('[],', {start: `{"items":[${item}],"currency":[`, end: '0]}'}),
  'a long currency': fill('x', {start: `{"items":[${item}],"currency":"`, end: '"}'}),
  'a long total': fill('1', {start: `{"items":[${item}],"expected_total":"`, end: '"}'}),
  'a total of spaces': fill(' ', {start: `{"items":[${item}],"expected_total":"`, end: '"}'}),
  'a long number': fill('1', {start: `{"items":[${item}],"expected_total":`, end: '}'}),
  escapes: fill(String.raw`\u0041`, {start: '{"items":"', end: '"}'}),
  'half surrogates': fill(String.raw`\ud800`, {start: '{"items":"', end: '"}'}),
  'spaces before a mistake': fill(' ', {end: 'x'}),
  'lines before a mistake': fill('\n', {end: 'x'}),
  'numbers before a mistake': fill('1,', {start: '[', end: 'x'}),
  'literals before a mistake': fill('true,', {start: '[', end: 'x'}),
  'a text before a mistake': fill('a', {start: '["', end: '" x'}),
  'a digit string before a mistake': fill('1', {end: 'x'}),
  'lists before a mistake': fill('[],', {start: '[', end: 'x'}),
}

const boundary = 'b'.repeat(70)

const multipart: Record<string, string> = {
  'empty parts': fill(`--${boundary}\r\n`, {end: `--${boundary}--\r\n`}),
  'parts without an end': fill(`--${boundary}\r\n\r\n`),
  'half a boundary': fill(`\r\n--${boundary.slice(1)}`, {start: `--${boundary}\r\n`}),
  'line ends': fill('\r\n', {start: `--${boundary}\r\n`, end: `\r\n--${boundary}--`}),
  dashes: fill('\r\n--', {start: `--${boundary}\r\n`, end: `\r\n--${boundary}--`}),
  'spaces after a boundary': fill(' ', {start: `--${boundary}`}),
  'a long header': fill('a', {start: `--${boundary}\r\nX: `, end: `\r\n\r\n\r\n--${boundary}--`}),
  'many headers': fill('a: b\r\n', {start: `--${boundary}\r\n`, end: `\r\n\r\n--${boundary}--`}),
  'folded headers': fill('\r\n a', {start: `--${boundary}\r\nX: y`, end: `\r\n\r\n\r\n--${boundary}--`}),
  'long names': fill(partOf('n'.repeat(3900)), {end: `--${boundary}--`}),
  'parameters without an end': fill(
    `--${boundary}\r\nContent-Disposition: form-data${'; a="'.repeat(700)}\r\n\r\n\r\n`,
    {end: `--${boundary}--`},
  ),
  'a long value': fill('a', {
    start: `--${boundary}\r\nContent-Disposition: form-data; name="items[0]"\r\n\r\n`,
    end: `\r\n--${boundary}--`,
  }),
  fields: fill(partOf('items[0]quantity'), {end: `--${boundary}--`}),
  'fields of a rare charset': fill(partOf('items[0]quantity', 'text/plain; charset=gb18030'), {end: `--${boundary}--`}),
}

function partOf(name: string, type?: string): string {
  const ofType = type === undefined ? '' : `Content-Type: ${type}\r\n`
  return `--${boundary}\r\n${ofType}Content-Disposition: form-data; name="${name}"\r\n\r\n1\r\n`
}

const urlEncoded: Record<string, string> = {
  'plus signs': fill('+', {start: 'expected_total='}),
  'fields of one item': number((n) => `items[0]k${n}=1&`),
  'fields of many items': number((n) => `items[${n}]quantity=1&`),
  '900 fields of one item': Array.from({length: 900}, (_, n) => `items[0]k${n}${'x'.repeat(1000)}=1`).join('&'),
  '900 items': Array.from({length: 900}, (_, n) => `items[${n * 2 ** 20}]quantity=1`).join('&'),
  '900 long positions': Array.from({length: 900}, (_, n) => `items[${'9'.repeat(1000)}${n}]quantity=1`).join('&'),
  'a position of zeros': fill('0', {start: 'items[', end: 'x=1'}),
  'a long position': fill('1', {start: 'items[', end: ']quantity=1'}),
  'empty fields': fill('&'),
  'equals signs': fill('='),
  'percent signs': fill('%41', {start: 'items[0]quantity='}),
  'broken percent signs': fill('%', {start: 'items[0]quantity='}),
  __proto__: fill('__proto__[a]=1&constructor=1&'),
}

/** Those that need much memory for a moment come first, before the process has any to spare. */
const types = {
  'application/x-www-form-urlencoded': urlEncoded,
  'application/json': json,
  [`multipart/form-data; boundary=${boundary}`]: multipart,
}

function orderWith(type: string, name: string, body: Buffer): HostileRequest {
  return {name, method: 'PUT', path: '/orders/create/', headers: {'content-type': type}, body}
}

const bodies = Object.entries(types).flatMap(([type, some]) =>
  Object.entries(some).map(([name, text]) =>
    orderWith(type, `${type.split(';', 1)[0] ?? ''}: ${name}`, Buffer.from(text)),
  ),
)

/** Compresses zeros as well as the usual quality, in a hundredth of the time. */
const fast = {params: {[constants.BROTLI_PARAM_QUALITY]: 1}}

const charsets = ['utf-16le', 'gb18030', 'shift_jis', 'iso-2022-jp', 'big5'].map((charset) =>
  orderWith(`application/json; charset=${charset}`, `JSON in ${charset}`, Buffer.alloc(size, 0x5b)),
)

const bombs = [
  {...orderWith('application/json', 'gzip of 100 MB', gzipSync(Buffer.alloc(100 * size))), encoding: 'gzip'},
  {
    ...orderWith('application/json', 'brotli of 100 MB', brotliCompressSync(Buffer.alloc(100 * size), fast)),
    encoding: 'br',
  },
].map(({encoding, headers, ...bomb}) => ({...bomb, headers: {...headers, 'content-encoding': encoding}}))

const headerSize = 15_000

function read(name: string, path: string, headers: Record<string, string>): HostileRequest {
  return {name, method: 'GET', path, headers, body: Buffer.alloc(0)}
}

const heads = [
  read('a long Accept', '/products/list/', {accept: 'a/b;c=d,'.repeat(headerSize / 8)}),
  read('a long Accept at the page', '/', {accept: 'a/b,'.repeat(headerSize / 4)}),
  read('a long Authorization', '/products/list/', {authorization: 'Token '.repeat(headerSize / 6)}),
  read('spaces in Authorization', '/products/list/', {authorization: `Token${' '.repeat(headerSize)}x`}),
  read('a long If-None-Match', '/products/list/', {'if-none-match': 'W/"x",'.repeat(headerSize / 6)}),
  read('a long X-Forwarded-For', '/products/list/', {'x-forwarded-for': '127.0.0.1,'.repeat(headerSize / 10)}),
  read('a long X-Forwarded-Host', '/products/list/', {'x-forwarded-host': 'a.'.repeat(headerSize / 2)}),
  read('a long X-Forwarded-Proto', '/products/list/', {'x-forwarded-proto': 'https,'.repeat(headerSize / 6)}),
  read('a long query', `/products/list/?${'page=1&'.repeat(headerSize / 7)}`, {}),
  read('a long search', `/products/list/?search=${'%F0%9F%98%80'.repeat(headerSize / 12)}`, {}),
  read('a long ordering', `/products/list/?ordering=${'x'.repeat(headerSize)}`, {}),
  read('a long cursor', `/products/list/?cursor=${'x'.repeat(headerSize)}`, {}),
  read('a long path', `/${'a/'.repeat(headerSize / 2)}`, {}),
  read('a long id', `/products/${'9'.repeat(headerSize)}/`, {}),
  orderWith(`application/json${'; a=b'.repeat(headerSize / 5)}`, 'a long Content-Type', Buffer.from('{}')),
  orderWith(`multipart/form-data; boundary=${'x'.repeat(headerSize)}`, 'a long boundary', Buffer.from('{}')),
]

const asJson = {'content-type': 'application/json'}

function setItem(name: string, ifMatch: string, body = '{"quantity":1}'): HostileRequest {
  const headers = {...asJson, 'if-match': ifMatch}
  return {name, method: 'PUT', path: '/basket/items/1/', headers, body: Buffer.from(body)}
}

const baskets: HostileRequest[] = [
  setItem('an If-Match of quotes', '"'.repeat(headerSize)),
  setItem('an If-Match of one tag', `"${'x'.repeat(headerSize)}"`),
  setItem('an If-Match of many tags', '"x",'.repeat(headerSize / 4)),
  setItem('a long quantity', '*', fill('1', {start: '{"quantity":"', end: '"}'})),
  {...setItem('a long product id', '*'), path: `/basket/items/${'9'.repeat(headerSize)}/`},
  ...Object.entries(json).map(([name, text]): HostileRequest => {
    return {name: `basket: ${name}`, method: 'POST', path: '/basket/items/', headers: asJson, body: Buffer.from(text)}
  }),
]

export const hostileRequests: readonly HostileRequest[] = [...bodies, ...charsets, ...bombs, ...heads, ...baskets]

/** Digits, which a shop with payments searches for card numbers. */
const digits: Record<string, string> = {
  'one number': fill('4', {start: '{"x":"', end: '"}'}),
  "numbers of a card's length": fill('4242424242424241,', {start: '{"x":"', end: '"}'}),
  'groups of digits': fill('4242 ', {start: '{"x":"', end: '"}'}),
  'groups of digits with dashes': fill('4242-4242-4242-424-', {start: '{"x":"', end: '"}'}),
  'escaped digits': fill(String.raw`\u0034`, {start: '{"x":"', end: '"}'}),
}

function post(name: string, path: string, text: string, headers: Record<string, string> = asJson): HostileRequest {
  return {name: `${path}: ${name}`, method: 'POST', path, headers, body: Buffer.from(text)}
}

/** For a shop that takes payments with the test provider. Its orders read their bodies in another way, too. */
export const hostilePayments: readonly HostileRequest[] = [
  ...bodies,
  ...charsets,
  ...bombs,
  ...Object.entries(digits).map(([name, text]) => orderWith('application/json', `digits: ${name}`, Buffer.from(text))),
  ...Object.entries({...json, ...digits}).flatMap(([name, text]) => [
    post(name, '/payment-methods/', text),
    post(name, '/payment-methods/setup/', text),
    post(name, '/basket/checkout/', text),
  ]),
  ...['/payment-methods/', '/webhooks/test/', '/test-provider/actions/x/', '/orders/1/payment/refresh/'].map((path) =>
    post('a large body', path, fill('x')),
  ),
  post('many signatures', '/webhooks/test/', '{}', {
    'test-provider-signature': `t=1${`,v1=${'0'.repeat(64)}`.repeat(headerSize / 68)}`,
  }),
  post('a long signature', '/webhooks/test/', '{}', {'test-provider-signature': 't=1,v1='.repeat(headerSize / 7)}),
  post('a long return URL', '/basket/checkout/', fill('x', {start: '{"return_url":"https://', end: '"}'})),
  {
    ...post('a long id', '/orders/1/cancel/', '{}'),
    path: `/payment-methods/${'9'.repeat(headerSize)}/default/`,
    method: 'PUT',
  },
]
