import {ParseError} from '../problems/http-errors.ts'

/** More than any client sends for one field. */
const maxHeaderBytes = 4096

const lineEnd = '\r\n'
/** As bytes, since a text is converted for each search. */
const beforeBoundary = Buffer.from(`${lineEnd}--`)

/**
 * Reads the fields of a multipart form (RFC 7578). Ignores files: no form of the shop has any. Takes time in proportion
 * to the size of the body; parsers of streams create two streams for each part, which costs 40 us.
 */
export function parseMultipart(bytes: Buffer, boundary: string | null, maxFields: number): URLSearchParams {
  if (boundary === null || !/^[ -~]{0,200}[!-~]$/.test(boundary)) throw malformed('The boundary is missing or invalid.')
  const fields = new URLSearchParams()
  let count = 0
  let start = findDelimiter(bytes, boundary, 0)
  while (start && !start.isLast) {
    const end = findDelimiter(bytes, boundary, start.end)
    if (!end) throw malformed('Unexpected end of multipart data.')
    count++
    if (count > maxFields) throw malformed(`The form has more than ${maxFields} fields.`)
    // An empty part has its two delimiters' line ends in common.
    const field = readPart(bytes.subarray(start.end, Math.max(start.end, end.start)))
    if (field) fields.append(field.name, field.value)
    start = end
  }
  if (!start) throw malformed('The boundary does not appear in the body.')
  return fields
}

function malformed(reason: string): ParseError {
  return new ParseError(`Multipart form parse error - ${reason}`)
}

/** `start` is where its line begins, with the line end before it, and `end` where the next line begins. */
type Delimiter = {start: number; end: number; isLast: boolean}

function findDelimiter(bytes: Buffer, boundary: string, from: number): Delimiter | undefined {
  const delimiter = `--${boundary}`
  // The line end before a delimiter may be the one after the delimiter before.
  let start = from === 0 && startsWith(bytes, delimiter, 0) ? -2 : bytes.indexOf(beforeBoundary, Math.max(0, from - 2))
  while (start !== -1) {
    let end = start + 2 + delimiter.length
    if (startsWith(bytes, delimiter, start + 2)) {
      if (startsWith(bytes, '--', end)) return {start, end, isLast: true}
      while (bytes[end] === 0x20 || bytes[end] === 0x09) end++
      if (startsWith(bytes, lineEnd, end)) return {start, end: end + 2, isLast: false}
    }
    start = bytes.indexOf(beforeBoundary, Math.max(0, start + 2))
  }
  return undefined
}

/** Compares bytes until two differ: the start of a boundary may be in a body hundreds of thousands of times. */
function startsWith(bytes: Buffer, text: string, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false
  }
  return true
}

type Field = {name: string; value: string}

/** Returns undefined for a file, and for a part without a name. */
function readPart(part: Buffer): Field | undefined {
  // The headers end with an empty line. It may be the first.
  const headerEnd = startsWith(part, lineEnd, 0) ? -2 : part.subarray(0, maxHeaderBytes + 4).indexOf(lineEnd + lineEnd)
  if (headerEnd === -1) {
    if (part.length > maxHeaderBytes) throw malformed(`A part has more than ${maxHeaderBytes} bytes of headers.`)
    return undefined
  }
  const headers = readHeaders(part.subarray(0, Math.max(0, headerEnd)).toString())
  const disposition = readParameters(headers.get('content-disposition') ?? '')
  const type = readParameters(headers.get('content-type') ?? 'text/plain')
  const name = disposition.parameters.get('name')
  const isFile = disposition.parameters.has('filename') || type.value === 'application/octet-stream'
  if (disposition.value !== 'form-data' || name === undefined || isFile) return undefined

  const content = part.subarray(headerEnd + 4)
  const isBase64 = headers.get('content-transfer-encoding')?.trim().toLowerCase() === 'base64'
  return {name, value: decode(isBase64 ? Buffer.from(content.toString('latin1'), 'base64') : content, type)}
}

/** The first header of each name. A line that begins with white space continues the one before. */
function readHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.replaceAll(/\r\n[ \t]/g, ' ').split(lineEnd)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1))
  }
  return headers
}

type Parameters = {value: string; parameters: Map<string, string>}

/** Reads `form-data; name="a\"b"`. A quote that is not closed extends to the end, so that no text is read twice. */
function readParameters(header: string): Parameters {
  const [value = ''] = header.split(';', 1)
  const parameters = new Map<string, string>()
  const pattern = /;[ \t]*([^\s;="]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[^]?)*)(?:"|$)|([^;]*))/g
  for (const [, name = '', quoted, token = ''] of header.slice(value.length).matchAll(pattern)) {
    const key = name.toLowerCase()
    if (parameters.has(key)) continue
    parameters.set(key, quoted === undefined ? token.trim() : quoted.replaceAll(/\\(["\\])/g, '$1'))
  }
  return {value: value.trim().toLowerCase(), parameters}
}

function decode(content: Buffer, {parameters}: Parameters): string {
  const charset = parameters.get('charset') ?? 'utf-8'
  try {
    // A TextDecoder for each part would take most of the time.
    if (!/^utf-?8$/i.test(charset)) return new TextDecoder(charset).decode(content)
  } catch {
    // Unknown to Node. Django ignores the charset of a part.
  }
  return content.toString()
}
