import {mustBe} from '../record-fields.ts'
import type {FixtureReader} from '../../fixture.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {JsonLists} from '../json/json-lists.ts'
import {nativeKinds} from './native-records.ts'
import {noteProblem} from '../parse-record.ts'

const kinds = {users: 'user', products: 'product', orders: 'order', pools: 'pool'} as const

/** The shop's own format: an object of lists. */
export function readNative(options: ReadOptions): FixtureReader {
  const {stage} = options
  const lists = new Set<string>()
  const noteOnFile = (reason: string): void => {
    noteProblem(stage.place('the file'), reason)
  }

  return new JsonLists({
    list(key) {
      if (key === undefined) noteOnFile(mustBe('an object')({input: []}))
      else if (!isList(key)) noteOnFile(describeUnknown(key))
      else if (lists.has(key)) noteOnFile(`has the list ${key} twice`)
      if (key !== undefined && isList(key)) lists.add(key)
    },
    element(key, index, value) {
      if (key !== undefined && isList(key)) nativeKinds[kinds[key]](value, stage.place(`${key}[${index}]`), options)
    },
    value(key, value) {
      if (key === undefined) {
        // The members of an object come one by one, so this is not an object.
        noteOnFile(mustBe('an object')({input: value}))
      } else {
        noteOnFile(isList(key) ? `${key} ${mustBe(`a list of ${key}`)({input: value})}` : describeUnknown(key))
      }
    },
  })
}

function isList(key: string): key is keyof typeof kinds {
  return Object.hasOwn(kinds, key)
}

function describeUnknown(key: string): string {
  return `has the unknown key "${key}"; known keys are ${Object.keys(kinds).join(', ')}`
}
