import {type Document, LineCounter, parseDocument, type ScalarTag} from 'yaml'

import {InvalidFixtureError} from '../../../../errors.ts'
import type {FixtureReader} from '../../fixture.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {noteProblem, type RecordPlace} from '../parse-record.ts'
import {stageDjangoRecord} from './django-records.ts'

/** The longest record in characters. A record of the old shop has a few hundred. */
const maxRecord = 64 * 1024

/** How deep the values of a record may be nested. The parser calls itself for each level. */
const maxDepth = 100

/** Times stay text: as a Date they would lose their microseconds. */
const timestamp: ScalarTag = {tag: 'tag:yaml.org,2002:timestamp', resolve: (text) => text}

/**
 * `dumpdata --format yaml`: a list whose entries begin with a dash at the start of a line. Each is parsed by itself, so that
 * the file is never in memory as a whole.
 */
export function readDjangoYaml(options: ReadOptions): FixtureReader {
  let line = options.firstLine
  let entry = ''
  let entryLine = line
  let rest = ''

  const finish = (): void => {
    if (entry.trim() !== '') stageEntry(entry, options.stage.place(`line ${entryLine}`), options)
    entry = ''
  }
  const read = (text: string): void => {
    if (/^-(?:[ \t\r]|$)/.test(text)) {
      finish()
      entryLine = line
      // With the dash replaced by a blank, the entry is a mapping with an indent.
      entry = ` ${text.slice(1)}\n`
    } else if (entry === '' || /^(?:---|\.\.\.)(?:\s|$)/.test(text)) {
      finish()
      if (!/^(?:\s*(?:#.*)?|---\s*|\.\.\.\s*)$/.test(text))
        refuse(`must be a list, whose entries begin with "- "`, line)
    } else {
      entry += `${text}\n`
      refuseLong(entry)
    }
    line++
  }
  const refuseLong = (text: string): void => {
    if (text.length > maxRecord) refuse(`a record has more than ${maxRecord} characters`, entryLine)
  }
  return {
    write(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(read)
      refuseLong(rest)
    },
    end() {
      read(rest)
      finish()
    },
  }
}

function refuse(reason: string, line: number): never {
  throw new InvalidFixtureError([{record: `line ${line}`, reason}])
}

function stageEntry(text: string, place: RecordPlace, options: ReadOptions): void {
  if (isDeep(text)) {
    noteProblem(place, `is nested more than ${maxDepth} levels deep`)
    return
  }
  const lineCounter = new LineCounter()
  // Django writes YAML 1.1.
  const document = parseDocument(text, {
    version: '1.1',
    customTags: (tags) => [...tags.filter((tag) => typeof tag === 'string' || tag.tag !== timestamp.tag), timestamp],
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const [fault] = [...document.errors, ...document.warnings]
  if (fault) {
    const {line, col} = lineCounter.linePos(fault.pos[0])
    noteProblem(place, `invalid YAML at line ${line} of the record, column ${col}: ${fault.message}`)
    return
  }
  const value = resolve(document, place)
  if (value !== undefined) stageDjangoRecord(value, place, options)
}

/** The record's value. If it refers to another record, or to too much of itself, adds a problem and returns undefined. */
function resolve(document: Document.Parsed, place: RecordPlace): unknown {
  try {
    return document.toJS({maxAliasCount: 100})
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    noteProblem(place, `${error.message}; use: manage.py dumpdata --format json`)
    return undefined
  }
}

/**
 * Whether the text may be nested too deeply. Each level takes a bracket, a column of indentation, or an indicator at the
 * start of a line. Counts brackets in texts as well, so that it never says no in error.
 */
function isDeep(text: string): boolean {
  const indented = text.split('\n').some((line) => (/^[\s\-?:]*/.exec(line)?.[0].length ?? 0) > maxDepth)
  return indented || (text.match(/[[{]/g)?.length ?? 0) > maxDepth
}
