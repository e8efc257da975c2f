import {TextDecoder} from 'node:util'

import {InvalidFixtureError} from '../../../errors.ts'
import {countLines} from '../../../text.ts'
import type {Encoding} from '../encodings.ts'
import {beginsWith} from './unpack/signatures.ts'

/** Readers keep the rest of a piece in front of the next, so many short pieces would be copied again and again. In characters. */
const fullPiece = 16 * 1024

/**
 * Decodes the bytes and drops a byte order mark, which has precedence over the given encoding. Without both the text is
 * UTF-8. Throws InvalidFixtureError if the bytes are not in the encoding, or the file is empty.
 */
export async function* readText(
  chunks: AsyncIterable<Uint8Array>,
  given: Encoding | undefined,
): AsyncGenerator<string, void> {
  let decoder: LineDecoder | undefined
  let isBlank = true
  let piece = ''
  for await (const chunk of atLeast(4, chunks)) {
    decoder ??= new LineDecoder(detectEncoding(chunk, given))
    piece += decoder.decode(chunk)
    if (piece.length < fullPiece) continue
    if (isBlank && piece.trim() !== '') isBlank = false
    yield piece
    piece = ''
  }
  piece += decoder?.decode() ?? ''
  yield piece
  if (isBlank && piece.trim() === '') {
    const reason = 'the file is empty; it must be JSON or CSV with a header'
    throw new InvalidFixtureError([{record: 'line 1', reason}])
  }
}

/** Joins the first chunks until they have this many bytes. */
async function* atLeast(count: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array()
  for await (const chunk of chunks) {
    if (head === undefined) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < count) continue
    yield head
    head = undefined
  }
  if (head !== undefined) yield head
}

function detectEncoding(head: Uint8Array, given: Encoding | undefined): Encoding {
  if (beginsWith(head, [0xff, 0xfe, 0, 0]) || beginsWith(head, [0, 0, 0xfe, 0xff])) {
    return refuse('the text is UTF-32; save the file as UTF-8')
  }
  if (beginsWith(head, [0xef, 0xbb, 0xbf])) return 'utf-8'
  if (beginsWith(head, [0xff, 0xfe])) return 'utf-16le'
  if (beginsWith(head, [0xfe, 0xff])) return 'utf-16be'
  if (given !== undefined) return given
  if (beginsWith(head, [0, 0])) return refuse('the file begins with NUL bytes, so it is not text')
  if (head[0] === 0 || head[1] === 0) {
    const encoding = head[0] === 0 ? 'utf-16be' : 'utf-16le'
    const advice = `save the file as UTF-8, or give --encoding ${encoding}`
    return refuse(`the text seems to be UTF-16 without a byte order mark; ${advice}`)
  }
  return 'utf-8'
}

function refuse(reason: string): never {
  throw new InvalidFixtureError([{record: 'line 1', reason}])
}

class LineDecoder {
  readonly #encoding: Encoding
  readonly #strict: TextDecoder
  /** Writes U+FFFD for invalid bytes, which shows where they are. */
  readonly #lenient: TextDecoder
  #lines = 1

  constructor(encoding: Encoding) {
    this.#encoding = encoding
    this.#strict = new TextDecoder(encoding, {fatal: true})
    this.#lenient = new TextDecoder(encoding, {ignoreBOM: true})
  }

  /** The text of the next bytes or, without an argument, of the rest. */
  decode(chunk?: Uint8Array): string {
    const options = {stream: chunk !== undefined}
    const seen = this.#lenient.decode(chunk, options)
    try {
      const text = this.#strict.decode(chunk, options)
      this.#lines += countLines(text)
      return text
    } catch (error) {
      const before = seen.slice(0, Math.max(seen.indexOf('\uFFFD'), 0))
      const record = `line ${this.#lines + countLines(before)}`
      throw new InvalidFixtureError([{record, reason: this.#describe(before)}], {cause: error})
    }
  }

  #describe(before: string): string {
    const name = this.#encoding.toUpperCase()
    // The letters before the first one that does not fit help to find it.
    const word = /[\p{L}\d][\p{L}\d ]{0,30}$/u.exec(before)?.[0]
    const place = word === undefined ? '' : ` after "${word}"`
    if (this.#encoding !== 'utf-8') return `the text is not ${name}${place}; save the file as UTF-8`
    const advice = 'save the file as UTF-8 (Excel: "CSV UTF-8"), or give its encoding, such as --encoding windows-1252'
    return `the text is not UTF-8${place}; ${advice}`
  }
}
