import {InvalidFixtureError} from '../../../errors.ts'
import {countLines} from '../../../text.ts'
import type {FixtureFormat} from '../fixture.ts'

/** How many characters, after leading white space, are enough to detect a format that nothing stands before. */
const enoughCharacters = 300

/** How many characters are searched for the beginning of a dump, behind the warnings of other programs. */
const maxNoise = 64 * 1024

/** How much white space may stand before everything else, in characters. */
const maxBlanks = 1024 * 1024

export type DetectedText = {
  format: FixtureFormat
  text: AsyncIterable<string>
  /** The number of the text's first line in the file. */
  firstLine: number
  /** The first of the lines that other programs wrote before a dump, if there are any. */
  noise: string | undefined
}

/** Detects the format from the beginning of the text, unless it is given. Throws InvalidFixtureError if the shop cannot read it. */
export async function detectFormat(
  text: AsyncIterable<string>,
  given: FixtureFormat | undefined,
): Promise<DetectedText> {
  const chunks = text[Symbol.asyncIterator]()
  const head = await readHead(chunks, '', enoughCharacters)
  const certain = given !== undefined && given !== 'django' ? given : formatOf(head.trimStart())
  if (certain !== undefined && (given === undefined || certain === given)) {
    return {format: certain, text: continued(head, chunks), firstLine: 1, noise: undefined}
  }

  const longHead = await readHead(chunks, head, maxNoise)
  const start = dumpAfterNoise.exec(longHead.slice(0, maxNoise))?.index
  if (start === undefined) {
    const format = given ?? guessFormat(longHead.trimStart())
    return {format, text: continued(longHead, chunks), firstLine: 1, noise: undefined}
  }
  const noise = longHead.slice(0, start)
  return {
    format: 'django',
    text: continued(longHead.slice(start), chunks),
    firstLine: countLines(noise) + 1,
    noise: noise.trim() === '' ? undefined : firstLineOf(noise.trimStart()),
  }
}

async function readHead(chunks: AsyncIterator<string>, start: string, length: number): Promise<string> {
  let head = start
  while (head.trimStart().length < length) {
    const next = await chunks.next()
    if (next.done === true) break
    head += next.value
    if (head.length > maxBlanks + length && head.trimStart().length < length) {
      const reason = `begins with more than ${maxBlanks} blank characters`
      throw new InvalidFixtureError([{record: 'line 1', reason}])
    }
  }
  return head
}

/** The format, if the first characters leave no doubt. */
function formatOf(start: string): FixtureFormat | undefined {
  if (dump.test(start)) return 'django'
  // The native format is an object of lists; a line of NDJSON has one record under its kind.
  if (/^\{\s*"(?:users|products|orders|pools)"\s*:/.test(start)) return 'native'
  if (/^\{\s*"(?:user|product|order|pool)"\s*:\s*\{/.test(start)) return 'ndjson'
  const line = firstLineOf(start).toLowerCase()
  const isHeader = ['name', 'price', 'stock'].every((column) => line.includes(column)) && !/[[{<]/.test(line)
  return isHeader ? 'csv' : undefined
}

function firstLineOf(text: string): string {
  return /^[^\r\n]*/.exec(text)?.[0] ?? ''
}

const listOfRecords = String.raw`\[\s*\{\s*"(?:model|pk|fields)"\s*:`
const lineOfRecord = String.raw`\{\s*"(?:model|pk|fields)"\s*:`
const yamlRecord = String.raw`-\s+(?:model|pk|fields)\s*:`

const dump = new RegExp(String.raw`^\s*(?:${listOfRecords}|${lineOfRecord}|(?:---\s*)?${yamlRecord})`)

/** A list may follow on the same line, where a program wrote a message without a line break. */
const dumpAfterNoise = new RegExp(`${listOfRecords}|^(?:${lineOfRecord}|${yamlRecord})`, 'm')

const foreignTexts: {pattern: RegExp; what: string; advice: string}[] = [
  {
    pattern: /^(?:<\?xml[^>]*>\s*)?<django-objects/,
    what: "this is Django's XML format",
    advice: 'Use: manage.py dumpdata --format json',
  },
  {pattern: /^<(?:!doctype html|html)/i, what: 'this is an HTML page', advice: 'Save the file itself'},
  {pattern: /^</, what: 'this is XML', advice: 'It must be JSON or CSV with a header'},
  {
    pattern: /^(?:-- PostgreSQL database dump|--\s|\/\*|(?:begin|commit|set|copy|create|insert into)\b[^,;\t]*[;(])/i,
    what: 'this is SQL',
    advice: 'Restore it, and dump the old shop with: manage.py dumpdata --format json',
  },
  {
    pattern: /^(?:---\s*)?(?:users|products|orders|pools):\s/,
    what: "this is YAML, which the shop reads only as Django's dumpdata writes it",
    advice: 'Convert it to JSON',
  },
  {pattern: /^(?:%YAML|---\s)/, what: 'this is YAML', advice: 'Use: manage.py dumpdata --format json'},
]

/** The likely format, whose reader says what is wrong. Throws InvalidFixtureError if it is one that the shop cannot read. */
function guessFormat(start: string): FixtureFormat {
  const found = foreignTexts.find(({pattern}) => pattern.test(start))
  if (found) throw new InvalidFixtureError([{record: 'the file', reason: `${found.what}. ${found.advice}`}])
  if (start.startsWith('[')) return 'django'
  if (!start.startsWith('{')) return 'csv'
  return /^\{\s*"[a-z]*"\s*:\s*\{/.test(start) ? 'ndjson' : 'native'
}

async function* continued(head: string, chunks: AsyncIterator<string>): AsyncGenerator<string> {
  yield head
  yield* {[Symbol.asyncIterator]: () => chunks}
}
