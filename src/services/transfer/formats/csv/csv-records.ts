import {InvalidFixtureError} from '../../../../errors.ts'

/** The longest record in characters. Without a limit, a missing closing quote would read the rest of the file into memory. */
export const maxRecord = 1024 * 1024

const quote = 0x22
const carriageReturn = 0x0d
const lineFeed = 0x0a
const space = 0x20
const tab = 0x09

/** What the next character belongs to: blanks before a field, a field with or without quotes, or what follows a closing quote. */
type Place = 'afterQuotes' | 'beforeField' | 'inField' | 'inQuotes'

/**
 * Splits CSV into records as the text arrives, and hands each over with the number of the line that it ends on. Fields are
 * quoted as in RFC 4180; blanks around a field and around its quotes are dropped. A line may end with LF, CR LF or CR,
 * each line in its own way. Throws InvalidFixtureError with the line.
 */
export class CsvRecords {
  readonly #separator: number
  readonly #onRecord: (fields: string[], line: number) => void
  #line: number
  #text = ''
  #at = 0
  #place: Place = 'beforeField'
  #fields: string[] = []
  /** Where the current record and the current piece of a field begin in the text. */
  #recordStart = 0
  #start = 0
  /** What comes before a doubled quote in a quoted field. */
  #value = ''
  /** The line of the last opening quote. */
  #quoteLine = 0

  constructor(
    {separator, firstLine = 1}: {separator: string; firstLine?: number},
    onRecord: (fields: string[], line: number) => void,
  ) {
    this.#separator = separator.charCodeAt(0)
    this.#line = firstLine
    this.#onRecord = onRecord
  }

  write(text: string): void {
    this.#text = this.#text.slice(this.#recordStart) + text
    this.#at -= this.#recordStart
    this.#start -= this.#recordStart
    this.#recordStart = 0
    this.#read(false)
    this.#refuseLong(this.#text.length)
  }

  end(): void {
    this.#read(true)
    if (this.#place === 'inQuotes') {
      this.#refuse(`the closing quote of a field is missing, which begins on line ${this.#quoteLine}`, this.#quoteLine)
    }
    if (this.#fields.length > 0 || this.#place !== 'beforeField') {
      this.#endField()
      this.#endRecord()
    }
  }

  #read(isLast: boolean): void {
    const text = this.#text
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at)
      if (code === carriageReturn && !isLast && this.#at + 1 === text.length) return
      if (this.#place === 'inQuotes') {
        if (!this.#readQuoted(isLast)) return
      } else if (code === this.#separator) {
        this.#endField()
        this.#beginField(this.#at + 1)
      } else if (code === lineFeed || code === carriageReturn) {
        this.#endField()
        this.#endRecord()
        this.#line++
        this.#beginField(this.#at + lengthOfBreak(text, this.#at))
        this.#recordStart = this.#at
      } else if (this.#place === 'inField') {
        this.#readField()
      } else if (code === space || code === tab) {
        this.#at++
      } else if (this.#place === 'afterQuotes') {
        this.#refuse('a quoted field goes on after its closing quote; write a quote inside a field twice: ""')
      } else if (code === quote) {
        this.#place = 'inQuotes'
        this.#quoteLine = this.#line
        this.#at++
        this.#start = this.#at
      } else {
        this.#place = 'inField'
        this.#start = this.#at
      }
    }
  }

  /** Reads on to the end of a field without quotes, or of the text. */
  #readField(): void {
    const text = this.#text
    let at = this.#at
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === this.#separator || code === lineFeed || code === carriageReturn) break
      // Programs that separate by tabs often quote nothing, so that a quote is an inch.
      if (code === quote && this.#separator !== tab) {
        this.#at = at
        this.#refuse('a field without quotes has a quote in it; put the field in quotes, and write the quote twice: ""')
      }
    }
    this.#at = at
  }

  /** Reads on behind the closing quote. False if the text does not have it yet. */
  #readQuoted(isLast: boolean): boolean {
    const text = this.#text
    for (let at = this.#at; at < text.length; at++) {
      const code = text.charCodeAt(at)
      this.#at = at
      if (code === lineFeed || code === carriageReturn) {
        // The second character of a line break may not have arrived yet.
        if (code === carriageReturn && !isLast && at + 1 === text.length) return false
        at += lengthOfBreak(text, at) - 1
        this.#line++
      } else if (code === quote) {
        if (at + 1 === text.length && !isLast) return false
        this.#value += text.slice(this.#start, at)
        if (text.charCodeAt(at + 1) !== quote) {
          this.#at = at + 1
          this.#place = 'afterQuotes'
          return true
        }
        this.#value += '"'
        at++
        this.#start = at + 1
      }
      this.#at = at + 1
    }
    return false
  }

  #beginField(at: number): void {
    this.#at = at
    this.#start = at
    this.#place = 'beforeField'
  }

  #endField(): void {
    if (this.#place === 'inField') this.#fields.push(this.#text.slice(this.#start, this.#at).trim())
    else if (this.#place === 'afterQuotes') this.#fields.push(this.#value)
    else this.#fields.push('')
    this.#value = ''
    this.#place = 'beforeField'
  }

  #endRecord(): void {
    this.#refuseLong(this.#at)
    const fields = this.#fields
    this.#fields = []
    this.#onRecord(fields, this.#line)
  }

  #refuseLong(end: number): void {
    if (end - this.#recordStart <= maxRecord) return
    this.#refuse(`has more than ${maxRecord} characters; is a closing quote missing?`)
  }

  #refuse(reason: string, line = this.#line): never {
    throw new InvalidFixtureError([{record: `line ${line}`, reason}])
  }
}

function lengthOfBreak(text: string, at: number): number {
  return text.charCodeAt(at) === carriageReturn && text.charCodeAt(at + 1) === lineFeed ? 2 : 1
}
