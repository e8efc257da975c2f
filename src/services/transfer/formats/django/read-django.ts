import {InvalidFixtureError} from '../../../../errors.ts'
import {stageDjangoRecord} from './django-records.ts'
import type {FixtureReader} from '../../fixture.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {JsonLists} from '../json/json-lists.ts'

/** The output of `manage.py dumpdata` of the previous, Django-based shop: a list of records in any order. */
export function readDjango(options: ReadOptions): FixtureReader {
  const refuse = (): never => {
    throw new InvalidFixtureError([{record: 'the file', reason: 'must be a list, as dumpdata writes it'}])
  }
  return new JsonLists({
    list(key) {
      if (key !== undefined) refuse()
    },
    element(_, index, value) {
      stageDjangoRecord(value, index, options)
    },
    value: refuse,
  })
}
