import fc from 'fast-check'

import {bodiesOf, type FuzzBody} from './bodies.ts'
import {allOf, type DocumentedOperation, type Parameter, type Verdict} from './operations.ts'
import {valuesOf} from './values.ts'

export type FuzzRequest = {
  /** Undefined if the path does not have the method. */
  operationId: string | undefined
  method: string
  path: string
  headers: [name: string, value: string][]
  body: Buffer | undefined
  /** Whether the document allows the method and all parts together. */
  verdict: Verdict
}

type Part<Value> = {value: Value; verdict: Verdict}

/** Requests to the operations, with parts that the document allows and parts that it does not. `token` is valid. */
export function requestsTo(operations: DocumentedOperation[], token: string): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(
    ...operations.map((operation) => ({
      weight: weightOf(operation),
      arbitrary: requestsOf(operation, token),
    })),
  )
}

/** Bodies offer the most mistakes. Checking passwords is slow, and the document is long. */
function weightOf({id, contents}: DocumentedOperation): number {
  if (id === 'describeApi' || id === 'logIn') return 1
  return Object.keys(contents).length > 0 ? 8 : 4
}

function requestsOf(operation: DocumentedOperation, token: string): fc.Arbitrary<FuzzRequest> {
  const {method, path, parameters, security, contents, isBodyOptional} = operation
  const inPath = parameters.filter((parameter) => parameter.in === 'path')
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  const inHeader = parameters.filter((parameter) => parameter.in === 'header')

  return fc
    .record({
      method: mostly(fc.constant(method), methods),
      slash: mostly(fc.constant('/'), fc.constant('')),
      id: fc.tuple(
        ...inPath.map((parameter) => mostly(textsOf(parameter), ids).map((text) => judged(parameter, text))),
      ),
      query: mostly(
        queries(inQuery),
        fc.tuple(queries(inQuery), strays).map(([{value, verdict}, stray]) => ({value: [...value, stray], verdict})),
      ),
      headers: fc.tuple(...inHeader.map(headersOf)),
      token: mostly(fc.constant(`Token ${token}`), tokens),
      accept: mostly(fc.constant('application/json'), fc.constantFrom(...accepts.keys())),
      body: bodiesOf(contents, {isOptional: isBodyOptional}),
    })
    .map((parts): FuzzRequest => {
      const sentBody = /^(GET|HEAD)$/.test(parts.method) ? undefined : parts.body
      const spelled = inPath.reduce(
        (before, {name}, index) => before.replace(`{${name}}`, encodeURIComponent(parts.id[index]?.value ?? '')),
        path,
      )
      const query = parts.query.value.join('&')
      return {
        operationId: parts.method === method ? operation.id : undefined,
        method: parts.method,
        path: `${spelled.replace(/\/$/, parts.slash)}${query === '' ? '' : '?'}${query}`,
        headers: [
          ...parts.headers.flatMap(({value}) => value),
          ['accept', parts.accept],
          ...(parts.token === undefined ? [] : [['authorization', parts.token] satisfies [string, string]]),
          ...typeOf(sentBody),
        ],
        body: sentBody?.bytes,
        verdict: allOf([
          ...parts.id.map(({verdict}) => verdict),
          parts.query.verdict,
          ...parts.headers.map(({verdict}) => verdict),
          judgeToken(security, parts.token, token),
          accepts.get(parts.accept) ?? 'valid',
          sentBody?.verdict ?? 'valid',
        ]),
      }
    })
}

function mostly<A, B>(usual: fc.Arbitrary<A>, odd: fc.Arbitrary<B>): fc.Arbitrary<A | B> {
  return fc.oneof({weight: 7, arbitrary: usual}, {weight: 1, arbitrary: odd})
}

function typeOf(body: FuzzBody | undefined): [string, string][] {
  return body?.type === undefined ? [] : [['content-type', body.type]]
}

function judged(parameter: Parameter, text: string): Part<string> {
  return {value: text, verdict: parameter.judge(text)}
}

const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND')

const ids = fc.constantFrom(
  'x',
  '-1',
  '+5',
  '1.0',
  '1e0',
  ' 1',
  '1_0',
  '007',
  '1\0',
  '１',
  '1/x',
  '\\',
  '9007199254740993',
  '9'.repeat(400),
)

const strays = fc.constantFrom(
  'x=1',
  'x',
  '=',
  '%E0%A4%A',
  '&&',
  '__proto__=1',
  'toString',
  'PAGE=2',
  `x=${'y'.repeat(5000)}`,
)

function textsOf({schema}: Parameter): fc.Arbitrary<string> {
  return valuesOf(schema).map(String)
}

const oddTexts = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '+5',
    '5.0',
    '1_0',
    ' 7 ',
    '101',
    '1e1',
    'x',
    '\0',
    'NaN',
    'last',
    'null',
    '%',
    '😀'.repeat(150),
    'x'.repeat(201),
  ),
  fc.string({unit: 'binary', maxLength: 20}),
)

/** Query parameters, some of them given twice; the last value counts. */
function queries(parameters: Parameter[]): fc.Arbitrary<Part<string[]>> {
  const each = parameters.map((parameter) =>
    fc
      .oneof(
        {weight: 6, arbitrary: fc.constant([])},
        {weight: 3, arbitrary: fc.tuple(textsOf(parameter))},
        {weight: 1, arbitrary: fc.array(fc.oneof(oddTexts, textsOf(parameter)), {minLength: 1, maxLength: 2})},
      )
      .map((texts): Part<string[]> => {
        const last = texts.at(-1)
        return {
          value: texts.map((text) => `${parameter.name}=${encodeURIComponent(text)}`),
          verdict: last === undefined ? 'valid' : parameter.judge(last),
        }
      }),
  )
  return fc
    .tuple(...each)
    .map((parts) => ({value: parts.flatMap(({value}) => value), verdict: allOf(parts.map(({verdict}) => verdict))}))
}

/** No header, or any value that HTTP can carry. */
function headersOf(parameter: Parameter): fc.Arbitrary<Part<[string, string][]>> {
  const visible = fc.string({
    unit: fc
      .integer({min: 0x20, max: 0xff})
      .filter((code) => code < 0x7f || code > 0x9f)
      .map((code) => String.fromCharCode(code)),
  })
  const lengths = fc.constantFrom(0, 1, 2, 254, 255, 256, 4000).map((length) => 'k'.repeat(length))
  const texts = fc.oneof(visible, lengths, fc.constantFrom('*', '"x"', ',', 'W/'))
  // Hardly any text is the version of a basket, so that most requests with an If-Match go no further.
  const freq = parameter.name === 'If-Match' ? 1 : 5
  return fc.option(texts, {nil: undefined, freq}).map((text) => {
    if (text === undefined) return {value: [], verdict: 'valid'}
    const sent = new Headers({[parameter.name]: text}).get(parameter.name) ?? ''
    return {value: [[parameter.name, sent]], verdict: parameter.judge(sent)}
  })
}

const tokens = fc.constantFrom(
  undefined,
  'Token',
  'Token x',
  `Token ${'0'.repeat(40)}`,
  'Token a b',
  'Token \u00e9',
  'Basic bWF0dA==',
  '',
)

function judgeToken(security: DocumentedOperation['security'], sent: string | undefined, token: string): Verdict {
  if (security === 'none' || sent === `Token ${token}`) return 'valid'
  if (sent?.startsWith('Token') === true) return 'invalid'
  return security === 'required' ? 'invalid' : 'valid'
}

/** The document does not describe content negotiation. */
const accepts = new Map<string, Verdict>([
  ['application/json', 'valid'],
  ['*/*', 'valid'],
  ['text/html', 'valid'],
  ['application/problem+json', 'valid'],
  ['application/*;q=0.1, text/plain', 'valid'],
  ['text/plain', 'unclear'],
  ['application/json;q=0', 'unclear'],
  ['nonsense', 'unclear'],
  ['', 'unclear'],
])
