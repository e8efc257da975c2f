import {InvalidFixtureError} from '../../../../errors.ts'
import type {FixtureReader} from '../../fixture.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {JsonLists} from '../json/json-lists.ts'
import {readLines} from '../read-lines.ts'
import {parseLine} from '../read-ndjson.ts'
import {stageDjangoRecord} from './django-records.ts'

/** The output of `manage.py dumpdata` of the previous, Django-based shop, in any order: JSON, JSON Lines or YAML. */
export function readDjango(options: ReadOptions): FixtureReader {
  let blanks = ''
  let reader: FixtureReader | undefined
  return {
    async write(text) {
      if (reader === undefined && text.trim() === '') {
        // Kept for the numbers of lines.
        blanks += text
        return
      }
      reader ??= await readerOf(text.trimStart(), options)
      await reader.write(blanks + text)
      blanks = ''
    },
    async end() {
      reader ??= readJson(options)
      await reader.end()
    },
  }
}

async function readerOf(text: string, options: ReadOptions): Promise<FixtureReader> {
  if (text.startsWith('{')) return readJsonLines(options)
  if (!text.startsWith('-')) return readJson(options)
  // The YAML parser takes as long to load as a small file.
  const {readDjangoYaml} = await import('./read-django-yaml.ts')
  return readDjangoYaml(options)
}

function readJson(options: ReadOptions): FixtureReader {
  const refuse = (): never => {
    throw new InvalidFixtureError([{record: 'the file', reason: 'must be a list, as dumpdata writes it'}])
  }
  return new JsonLists(
    {
      list(key) {
        if (key !== undefined) refuse()
      },
      element(_, index, value) {
        stageDjangoRecord(value, options.stage.place(`[${index}]`), options)
      },
      value: refuse,
    },
    options.firstLine,
  )
}

/** `dumpdata --format jsonl`, since Django 3.2. */
function readJsonLines(options: ReadOptions): FixtureReader {
  return readLines(options.firstLine, (text, line) => {
    const place = options.stage.place(`line ${line}`)
    const parsed = parseLine(text, place)
    if (parsed) stageDjangoRecord(parsed.value, place, options)
  })
}
