import {InvalidFixtureError} from '../../../errors.ts'

/** The text of the bytes. Throws InvalidFixtureError for what is not UTF-8 or empty. A byte order mark is dropped. */
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
  /** Puts U+FFFD in the place of what it cannot read, and so tells where that is. */
  readonly #lenient = new TextDecoder('utf-8', {ignoreBOM: true})
  #lines = 1

  /** The text of the next bytes, or, without any, of what is left. */
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
