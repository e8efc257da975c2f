import {findNameProblem} from '../../services/products/products.ts'
import {printable} from '../show/format.ts'
import {askValid} from './prompts.ts'

export async function askProductName(): Promise<string> {
  return askValid('Product name', (name) => findNameProblem(name) ?? true)
}

/** Undefined to keep the name. */
export async function askNewName(name: string): Promise<string | undefined> {
  const message = `New name (leave empty to keep "${printable(name)}")`
  const answer = await askValid(message, (text) => text === '' || (findNameProblem(text) ?? true))
  return answer === '' ? undefined : answer
}
