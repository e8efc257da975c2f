import {InvalidFixtureError} from '../../../errors.ts'

/** Decodes the bytes and drops a byte order mark. Throws InvalidFixtureError if they are not UTF-8 or the file is empty. */
export async function* readText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new LineDecoder()
  let isBlank = true
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk)
    if (isBlank && text.trim() !== '') isBlank = false
    yield text
  }
  yield decoder.decode()
  if (isBlank) {
    const reason = 'the file is empty; it must be JSON or CSV with a header'
    throw new InvalidFixtureError([{record: 'line 1', reason}])
  }
}

class LineDecoder {
  readonly #strict = new TextDecoder('utf-8', {fatal: true})
  /** Writes U+FFFD for invalid bytes, which shows where they are. */
  readonly #lenient = new TextDecoder('utf-8', {ignoreBOM: true})
  #lines = 1

  /** The text of the next bytes or, without an argument, of the rest. */
  decode(chunk?: Uint8Array): string {
    const options = {stream: chunk !== undefined}
    const seen = this.#lenient.decode(chunk, options)
    try {
      const text = this.#strict.decode(chunk, options)
      this.#lines += countLines(text)
      return text
    } catch (error) {
      const line = this.#lines + countLines(seen.slice(0, Math.max(seen.indexOf('\uFFFD'), 0)))
      const reason = 'the text is not UTF-8; save the file as UTF-8'
      throw new InvalidFixtureError([{record: `line ${line}`, reason}], {cause: error})
    }
  }
}

export function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
