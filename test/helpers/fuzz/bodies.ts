import fc from 'fast-check'

import type {Content, Verdict} from './operations.ts'
import {mutationsOf, nested, valuesOf} from './values.ts'

export type FuzzBody = {type: string | undefined; bytes: Buffer; verdict: Verdict}

/** Bodies of every media type that the operation accepts, and of other types. */
export function bodiesOf(
  contents: Record<string, Content>,
  {isOptional}: {isOptional: boolean},
): fc.Arbitrary<FuzzBody | undefined> {
  const {'application/json': json, 'application/x-www-form-urlencoded': form} = contents
  if (!json || !form)
    return fc.constantFrom(undefined, {type: 'text/plain', bytes: Buffer.from('{'), verdict: 'unclear'})
  return fc.oneof(
    {weight: 8, arbitrary: jsonBodies(json)},
    {weight: 3, arbitrary: formBodies(form)},
    {weight: 2, arbitrary: brokenBodies(json)},
    {
      weight: 1,
      arbitrary: fc.constant<FuzzBody>({
        type: 'application/json',
        bytes: Buffer.alloc(0),
        verdict: isOptional ? 'valid' : 'invalid',
      }),
    },
  )
}

/** Bodies that match the document, and bodies with one or two mutations. */
function bodyValues({schema, examples}: Content): fc.Arbitrary<unknown> {
  const good = fc.oneof(fc.constantFrom(...examples), {weight: 2, arbitrary: valuesOf(schema)})
  const bad = good.chain(mutationsOf)
  return fc.oneof(
    {weight: 3, arbitrary: good},
    {weight: 2, arbitrary: bad},
    {weight: 1, arbitrary: bad.chain(mutationsOf)},
  )
}

const jsonTypes = [
  'application/json',
  'Application/JSON;charset="utf-8"',
  'application/json; charset=utf-16le',
] as const

function jsonBodies(content: Content): fc.Arbitrary<FuzzBody> {
  return fc
    .tuple(bodyValues(content), fc.constantFrom(...jsonTypes), fc.constantFrom('', '\t\n '))
    .map(([value, type, blank]) => {
      const text = `${blank}${JSON.stringify(value)}${blank}`
      return {
        type,
        bytes: Buffer.from(text, type.endsWith('utf-16le') ? 'utf16le' : 'utf8'),
        verdict: content.judge(JSON.parse(text)),
      }
    })
}

function formBodies(content: Content): fc.Arbitrary<FuzzBody> {
  return fc.tuple(bodyValues(content), fc.boolean()).map(([value, isMultipart]) => {
    const fields = toFields(value)
    const bytes = Buffer.from(isMultipart ? multipart(fields) : new URLSearchParams(fields).toString())
    const type = isMultipart ? `multipart/form-data; boundary=${boundary}` : 'application/x-www-form-urlencoded'
    // A URL-encoded body without fields would be no body at all.
    return {type, bytes, verdict: content.judge(fields)}
  })
}

/** Forms contain only strings, without unpaired surrogates. */
function toFields(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  const fields = Object.entries(value).map(([name, field]): [string, string] => [
    name,
    Buffer.from(typeof field === 'string' ? field : JSON.stringify(field)).toString(),
  ])
  return Object.fromEntries(fields)
}

const boundary = 'c2hvcC1mdXp6'

function multipart(fields: Record<string, string>): string {
  const parts = Object.entries(fields).map(
    ([name, field]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${field}\r\n`,
  )
  return `${parts.join('')}--${boundary}--\r\n`
}

/** Bodies that do not match their media type, or whose type the shop does not accept. */
function brokenBodies({examples}: Content): fc.Arbitrary<FuzzBody> {
  const text = JSON.stringify(examples[0])
  const refused = (type: string | undefined, body: Buffer | string): FuzzBody => ({
    type,
    bytes: Buffer.from(body),
    verdict: 'invalid',
  })
  const json = 'application/json'
  return fc.oneof(
    fc.integer({min: 1, max: text.length - 1}).map((length) => refused(json, text.slice(0, length))),
    fc
      .constantFrom(
        '{"a": NaN}',
        '{"a": 01}',
        "{'a': 1}",
        `${text},`,
        '[',
        '\0',
        '\u2028',
        text.replace('{', '{"x":1,,'),
        text.replace('{', `{"x":${JSON.stringify(nested(1000))},`),
      )
      .map((broken) => refused(json, broken)),
    fc
      .uint8Array({minLength: 1, maxLength: 20})
      .map((bytes) => refused(json, Buffer.concat([Buffer.from([0xff]), bytes]))),
    fc
      .constantFrom(
        undefined,
        '',
        'text/plain',
        'application/xml',
        'nonsense',
        'application/json; charset=klingon',
        'multipart/form-data',
        'application/jsonp',
      )
      .map((type) => refused(type, text)),
    fc.constant(refused(`multipart/form-data; boundary=${boundary}`, text)),
    fc.constant(refused('application/x-www-form-urlencoded; charset=utf-8', Buffer.from([0xff, 0x3d, 0xff]))),
  )
}
