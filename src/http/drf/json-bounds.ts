import {ParseError} from '../problems/http-errors.ts'

/** An order needs three levels. */
export const maxDepth = 100

/** A body of 1 MB has room for 67,000 commas of ordinary items, and for 500,000 others, which would take 20 MB. */
const maxCommas = 70_000

/** The same body has 33,000 objects. 480,000 nested lists need few commas, and would take 60 ms. */
const maxContainers = 70_000

/** JSON.parse takes 10 us for an object whose keys it has not seen before, and half a microsecond for any other. */
const maxKeys = 1000

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Refuses JSON that would take too much time, memory or stack. Looks at each character once, and needs no stack itself. */
export function checkJsonBounds(text: string): void {
  let depth = 0
  let commas = 0
  let containers = 0
  let lastText = {start: 0, end: 0}
  const keys = new Set<string>()
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === quote) {
      lastText = {start: index, end: findClosingQuote(text, index)}
      index = lastText.end
    } else if (code === openObject || code === openList) {
      depth++
      containers++
      if (containers > maxContainers) throw refusal(`The body has more than ${maxContainers} lists and objects.`)
      if (depth > maxDepth) throw refusal(`The body is nested more than ${maxDepth} levels deep.`)
    } else if (code === closeObject || code === closeList) {
      depth--
    } else if (code === comma) {
      commas++
      if (commas > maxCommas) throw refusal(`The body has more than ${maxCommas} commas.`)
    } else if (code === colon) {
      keys.add(text.slice(lastText.start, lastText.end))
      if (keys.size > maxKeys) throw refusal(`The body has more than ${maxKeys} different keys.`)
    }
  }
}

function findClosingQuote(text: string, start: number): number {
  let index = start + 1
  while (index < text.length && text.charCodeAt(index) !== quote) index += text.charCodeAt(index) === backslash ? 2 : 1
  return index
}

function refusal(reason: string): ParseError {
  return new ParseError(`JSON parse error - ${reason}`)
}
