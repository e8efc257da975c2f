import type {FixtureFormat} from '../fixture.ts'

/** How many characters, after leading white space, are enough to detect a format. */
const enoughCharacters = 300

export type DetectedText = {format: FixtureFormat; text: AsyncIterable<string>}

/** Detects the format from the beginning of the text, unless it is given. */
export async function detectFormat(
  text: AsyncIterable<string>,
  given: FixtureFormat | undefined,
): Promise<DetectedText> {
  if (given !== undefined) return {format: given, text}
  const chunks = text[Symbol.asyncIterator]()
  let head = ''
  while (head.trimStart().length < enoughCharacters) {
    const next = await chunks.next()
    if (next.done === true) break
    head += next.value
  }
  return {format: formatOf(head.trimStart()), text: continued(head, chunks)}
}

function formatOf(start: string): FixtureFormat {
  if (start.startsWith('[')) return 'django'
  if (!start.startsWith('{')) return 'csv'
  // The native format is an object of lists; a line of NDJSON has one record under its kind.
  const key = /^\{\s*"([a-z]*)"\s*:\s*\{/.exec(start)?.[1]
  return key === undefined || ['users', 'products', 'orders', 'pools'].includes(key) ? 'native' : 'ndjson'
}

async function* continued(head: string, chunks: AsyncIterator<string>): AsyncGenerator<string> {
  yield head
  yield* {[Symbol.asyncIterator]: () => chunks}
}
