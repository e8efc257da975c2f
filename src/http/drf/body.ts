import {setImmediate} from 'node:timers/promises'
import {MIMEType, promisify} from 'node:util'

import express, {type Request, type RequestHandler, type Response} from 'express'

import {BodyTooLargeError, CardNumberError, ParseError, UnsupportedMediaTypeError} from '../problems/http-errors.ts'
import {hasCardNumber} from './card-numbers.ts'
import {echo} from './echo.ts'
import {checkJsonBounds} from './json-bounds.ts'
import {describeJsonError} from './json-error.ts'
import {parseMultipart} from './multipart.ts'

/** The body of a request: any JSON value, or the fields of a form. */
export type Body = {kind: 'json'; value: unknown} | {kind: 'form'; fields: URLSearchParams}

/**
 * To parse a body of 1 MB takes up to 5 ms. If hundreds arrive at once, other requests go between them. An order of 100 items
 * has less than 10 kB.
 */
const largeBytes = 64_000

export type BodyReader = (request: Request, response: Response) => Promise<Body>

/** Django's DATA_UPLOAD_MAX_NUMBER_FIELDS. */
const maxFieldsOfDjango = 1000

/**
 * Reads JSON, URL-encoded and multipart bodies. An empty body of any type is an empty object. With `refusesCards`, a body
 * with what looks like a card number is refused with CardNumberError.
 */
export function createBodyReader({
  maxBytes = 1_000_000,
  maxFields = maxFieldsOfDjango,
  refusesCards = false,
}: {maxBytes?: number; maxFields?: number; refusesCards?: boolean} = {}): BodyReader {
  const takeTurn = createTurns()
  const readBytes = createBytesReader({maxBytes})

  return async (request, response) => {
    const bytes = await readBytes(request, response)
    if (bytes.length === 0) return {kind: 'json', value: {}}
    if (bytes.length > largeBytes) await takeTurn()
    return parse(bytes, request.headers['content-type'] ?? '', {maxFields, refusesCards})
  }
}

/** Reads the bytes of a body, whatever its type. Without `inflate`, a compressed body is refused. */
export function createBytesReader({
  maxBytes,
  inflate = true,
}: {
  maxBytes: number
  inflate?: boolean
}): (request: Request, response: Response) => Promise<Buffer> {
  const read = promisify<Request, Response>(express.raw({type: () => true, limit: maxBytes, inflate}) as RequestHandler)

  return async (request, response) => {
    await read(request, response).catch((error: unknown) => {
      throw isTooLarge(error) ? new BodyTooLargeError(maxBytes) : error
    })
    const bytes: unknown = request.body
    return Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0)
  }
}

/** Each of those who wait gets a turn of the event loop of its own. */
function createTurns(): () => Promise<void> {
  let last = Promise.resolve()
  return async () => (last = last.then(async () => setImmediate()))
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 413
}

/** Like Django REST Framework, takes `*` in a Content-Type for anything. */
function parse(
  bytes: Buffer,
  contentType: string,
  {maxFields, refusesCards}: {maxFields: number; refusesCards: boolean},
): Body {
  const type = parseMediaType(contentType)
  switch (type?.essence) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return {kind: 'json', value: parseJson(decode(bytes, type.params.get('charset')), refusesCards)}
    case 'application/x-www-form-urlencoded':
      return toForm(parseUrlEncoded(decode(bytes, type.params.get('charset')), maxFields), refusesCards)
    case 'multipart/form-data':
    case 'multipart/*':
      return toForm(parseMultipart(bytes, type.params.get('boundary'), maxFields), refusesCards)
    default:
      throw new UnsupportedMediaTypeError(`Unsupported media type "${echo(contentType)}" in request.`)
  }
}

function parseMediaType(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

function decode(bytes: Buffer, charset: string | null): string {
  const decoder = createDecoder(charset ?? 'utf-8')
  try {
    return decoder.decode(bytes)
  } catch {
    throw new ParseError(`JSON parse error - the body is not valid ${decoder.encoding}.`)
  }
}

/** Python also knows `utf_8` and `latin-1`, and some clients put the charset in single quotes. */
function createDecoder(charset: string): InstanceType<typeof TextDecoder> {
  const plain = charset.replace(/^'([^']*)'$/, '$1')
  for (const name of [plain, plain.replaceAll('_', '-'), plain.replaceAll(/[_-]/g, '')]) {
    try {
      return new TextDecoder(name, {fatal: true})
    } catch {
      // The next spelling may be known.
    }
  }
  throw new UnsupportedMediaTypeError(`Unsupported charset "${echo(charset)}" in request.`)
}

/**
 * Card numbers are looked for in the text, since a parsed number of 19 digits is not exact, and once more if the text has
 * escapes, which may be digits.
 */
function parseJson(text: string, refusesCards: boolean): unknown {
  checkJsonBounds(text)
  if (refusesCards && hasCardNumber(text)) throw new CardNumberError()
  const value = parseJsonText(text)
  if (refusesCards && text.includes('\\u') && hasCardNumber(JSON.stringify(value))) throw new CardNumberError()
  return value
}

function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ParseError(`JSON parse error - ${describeJsonError(text)}`)
  }
}

function toForm(fields: URLSearchParams, refusesCards: boolean): Body {
  if (refusesCards) for (const value of fields.values()) if (hasCardNumber(value)) throw new CardNumberError()
  return {kind: 'form', fields}
}

function parseUrlEncoded(text: string, maxFields: number): URLSearchParams {
  let count = 1
  for (let index = text.indexOf('&'); index !== -1; index = text.indexOf('&', index + 1)) {
    count++
    if (count > maxFields) throw new ParseError(`Form parse error - The form has more than ${maxFields} fields.`)
  }
  // For each plus sign, URLSearchParams and replaceAll would take 64 bytes of memory.
  return new URLSearchParams(text.split('+').join(' '))
}

/** A JSON value as it is, or these fields of a form. */
export function readData(body: Body, names: readonly string[]): unknown {
  return body.kind === 'json' ? body.value : readFields(body.fields, names)
}

/** The last value of each field, as in Django. Other fields are not copied. */
export function readFields(fields: URLSearchParams, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, fields.getAll(name).at(-1)]))
}
