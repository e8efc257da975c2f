import {countCodePoints, countLines} from '../../text.ts'
import {maxDepth} from './json-bounds.ts'

class JsonError extends Error {}

/**
 * Describes why JSON.parse refuses a text, in the words of Python's json module, which clients of the old shop know:
 * `Expecting value: line 1 column 2 (char 1)`.
 */
export function describeJsonError(text: string): string {
  try {
    const end = skipSpace(text, scanValue(text, skipSpace(text, 0), 0))
    if (end < text.length) fail('Extra data', text, end)
  } catch (error) {
    if (error instanceof JsonError) return error.message
    throw error
  }
  return 'The text is not valid JSON.'
}

function fail(problem: string, text: string, index: number): never {
  const before = text.slice(0, index)
  const line = countLines(before) + 1
  const column = countCodePoints(before.slice(before.lastIndexOf('\n') + 1)) + 1
  throw new JsonError(`${problem}: line ${line} column ${column} (char ${countCodePoints(before)})`)
}

const constants = /NaN|-?Infinity/y
const literals = /null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y

/** The index after the match at `start`, if there is one. */
function matchAt(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** Each scanner returns the index after the text that it read. */
function scanValue(text: string, start: number, depth: number): number {
  if (depth > maxDepth) throw new JsonError('The text nests too deeply.')
  const first = text[start]
  if (first === '"') return scanString(text, start)
  if (first === '{') return scanObject(text, start, depth)
  if (first === '[') return scanArray(text, start, depth)

  const constant = matchAt(constants, text, start)
  if (constant !== undefined) {
    throw new JsonError(`Out of range float values are not JSON compliant: '${text.slice(start, constant)}'`)
  }
  return matchAt(literals, text, start) ?? fail('Expecting value', text, start)
}

function scanArray(text: string, start: number, depth: number): number {
  let index = skipSpace(text, start + 1)
  if (text[index] === ']') return index + 1
  for (;;) {
    index = skipSpace(text, scanValue(text, index, depth + 1))
    if (text[index] === ']') return index + 1
    if (text[index] !== ',') fail("Expecting ',' delimiter", text, index)
    index = skipSpace(text, index + 1)
  }
}

function scanObject(text: string, start: number, depth: number): number {
  let index = skipSpace(text, start + 1)
  if (text[index] === '}') return index + 1
  for (;;) {
    if (text[index] !== '"') fail('Expecting property name enclosed in double quotes', text, index)
    index = skipSpace(text, scanString(text, index))
    if (text[index] !== ':') fail("Expecting ':' delimiter", text, index)
    index = skipSpace(text, scanValue(text, skipSpace(text, index + 1), depth + 1))
    if (text[index] === '}') return index + 1
    if (text[index] !== ',') fail("Expecting ',' delimiter", text, index)
    index = skipSpace(text, index + 1)
  }
}

function scanString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const character = text[index] ?? ''
    if (character === '"') return index + 1
    if (character < ' ') fail('Invalid control character at', text, index)
    if (character !== '\\') continue
    index++
    const escaped = text[index]
    if (escaped === undefined) break
    if (escaped === 'u') {
      if (!/^[0-9a-fA-F]{4}/.test(text.slice(index + 1, index + 5))) fail('Invalid \\uXXXX escape', text, index)
      index += 4
    } else if (!'"\\/bfnrt'.includes(escaped)) fail(`Invalid \\escape`, text, index - 1)
  }
  return fail('Unterminated string starting at', text, start)
}

function skipSpace(text: string, start: number): number {
  let index = start
  while (isSpace(text.charCodeAt(index))) index++
  return index
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}
