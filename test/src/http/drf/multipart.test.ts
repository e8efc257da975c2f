import test from 'ava'

import {parseMultipart} from '../../../../src/http/drf/multipart.ts'
import {ParseError} from '../../../../src/http/problems/http-errors.ts'

const reads = test.macro<[string, [string, string][]]>({
  exec(t, text, fields) {
    t.deepEqual([...parseMultipart(Buffer.from(text.replaceAll('\n', '\r\n')), 'x', 1000)], fields)
  },
  title: (title) => title ?? '',
})

const field = 'Content-Disposition: form-data; name='
const one = `--x\n${field}"a"\n\n1\n`

test('two fields', reads, `${one}--x\n${field}"b"\n\n2\n--x--\n`, [
  ['a', '1'],
  ['b', '2'],
])
test('a body without a last line end', reads, `${one}--x--`, [['a', '1']])
test('text before and after the form', reads, `hello\n${one}--x--\nbye\n--x\n`, [['a', '1']])
test('spaces after a delimiter', reads, `--x \t\n${field}"a"\n\n1\n--x--`, [['a', '1']])
test('a value of several lines that look like delimiters', reads, `--x\n${field}"a"\n\n\n--y\n--xy\n\n--x--`, [
  ['a', '\r\n--y\r\n--xy\r\n'],
])
test('an empty value', reads, `--x\n${field}"a"\n\n\n--x--`, [['a', '']])
test('a name without quotes', reads, `--x\n${field}items[0]quantity \n\n1\n--x--`, [['items[0]quantity', '1']])
test(
  'a name with quotes and backslashes',
  reads,
  String.raw`--x
${field}"a\"b\\c"

1
--x--`,
  [['a"b\\c', '1']],
)
test('a name that is not ASCII', reads, `--x\n${field}"é"\n\né\n--x--`, [['é', 'é']])
test(
  'headers in another case, order and number',
  reads,
  `--x\nX-Other: 1\ncontent-type: TEXT/plain; charset=UTF-8\nCONTENT-DISPOSITION:form-data;NAME=a\n\n1\n--x--`,
  [['a', '1']],
)
test('a header on two lines', reads, `--x\nContent-Disposition: form-data;\n  name="a"\n\n1\n--x--`, [['a', '1']])
test('a value in base64', reads, `--x\n${field}"a"\nContent-Transfer-Encoding: BASE64\n\naGVs\nbG8=\n--x--`, [
  ['a', 'hello'],
])
test('files are left out', reads, `--x\n${field}"f"; filename="x.txt"\n\n1\n${one}--x--`, [['a', '1']])
test('bytes are left out', reads, `--x\nContent-Type: application/octet-stream\n${field}"f"\n\n1\n${one}--x--`, [
  ['a', '1'],
])
test('parts without a name or headers are left out', reads, `--x\n\n1\n--x\n${field.slice(0, -7)}\n\n1\n${one}--x--`, [
  ['a', '1'],
])

test('a value has the charset of its part', (t) => {
  const head = Buffer.from(`--x\r\nContent-Type: text/plain; charset=latin1\r\n${field}"a"\r\n\r\n`)
  const body = Buffer.concat([head, Buffer.from([0xe9]), Buffer.from('\r\n--x--')])
  t.deepEqual([...parseMultipart(body, 'x', 1)], [['a', 'é']])
})

const refuses = test.macro<[string, string | null, RegExp]>({
  exec(t, text, boundary, message) {
    const error = t.throws(() => parseMultipart(Buffer.from(text.replaceAll('\n', '\r\n')), boundary, 2), {
      instanceOf: ParseError,
    })
    t.regex(error.message, message)
  },
  title: (title) => title ?? '',
})

test('a form without a boundary', refuses, one, null, /boundary is missing/)
test('a form with another boundary', refuses, `${one}--x--`, 'y', /boundary does not appear/)
test('a form that ends early', refuses, one, 'x', /Unexpected end/)
test('a boundary of too many characters', refuses, one, 'x'.repeat(202), /boundary is missing or invalid/)
test('more parts than allowed', refuses, `${one.repeat(3)}--x--`, 'x', /more than 2 fields/)
test('more empty parts than allowed', refuses, `${'--x\n'.repeat(4)}--x--`, 'x', /more than 2 fields/)
test('a long header', refuses, `--x\nX: ${'a'.repeat(5000)}\n\n1\n--x--`, 'x', /more than 4096 bytes of headers/)

test('a form of node is read', async (t) => {
  const form = new FormData()
  form.append('items[0]"quantity"', '1\r\n2')
  form.append('file', new Blob(['x']), 'x.txt')
  const response = new Response(form)
  const boundary = /boundary=(.*)/.exec(response.headers.get('content-type') ?? '')?.[1] ?? ''

  const fields = parseMultipart(Buffer.from(await response.arrayBuffer()), boundary, 2)

  // Browsers and Node write a quote as %22, which Django does not undo.
  t.deepEqual([...fields], [['items[0]%22quantity%22', '1\r\n2']])
})
